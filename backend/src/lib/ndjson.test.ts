import { expect, test } from "vitest";
import { jsonLines } from "./ndjson.ts";

async function read(chunks: (string | Uint8Array)[]): Promise<unknown[]> {
  async function* stream() {
    yield* chunks;
  }
  const values: unknown[] = [];
  for await (const value of jsonLines(stream())) values.push(value);
  return values;
}

test("joins values that arrive in pieces, even within a character", async () => {
  const bytes = new TextEncoder().encode('{"name":"é"}\n{"n":2}');
  expect(await read([bytes.slice(0, 10), bytes.slice(10, 14), bytes.slice(14)])).toEqual([
    { name: "é" },
    { n: 2 },
  ]);
});

test("passes over empty lines", async () => {
  expect(await read(["\n\n1\n", "\n2\n"])).toEqual([1, 2]);
});

test("refuses a line that is not JSON", async () => {
  await expect(read(['{"cut":'])).rejects.toThrow(SyntaxError);
});

test("refuses a line that does not end before it takes the memory", async () => {
  let given = 0;
  async function* endless() {
    for (;;) {
      given += 1;
      yield "x".repeat(1024 * 1024);
    }
  }
  await expect(jsonLines(endless()).next()).rejects.toThrow(RangeError);
  expect(given).toBeLessThan(10);
});

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

test("skips a line that is too long, and reads on", async () => {
  const piece = "x".repeat(1024 * 1024);
  const long = Array.from({ length: 6 }, () => piece);
  expect(await read(["1\n2", ...long, "\n3\n4\n"])).toEqual([1, 3, 4]);
  expect(await read(["1\n", `${piece.repeat(5)}\n2\n`, "3"])).toEqual([1, 2, 3]);
});

test("holds no more of an endless line than one piece", async () => {
  async function* endless() {
    for (let given = 0; given < 200; given += 1) yield "x".repeat(1024 * 1024);
  }
  const before = process.memoryUsage().heapUsed;
  expect(await jsonLines(endless()).next()).toEqual({ done: true, value: undefined });
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(100 * 1024 * 1024);
});

import { expect, test } from "vitest";
import { demultiplexed } from "./multiplexed.ts";

function piece(stream: 1 | 2, text: string): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.alloc(8);
  head.writeUInt8(stream, 0);
  head.writeUInt32BE(body.length, 4);
  return Buffer.concat([head, body]);
}

async function* inChunksOf(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

test("puts the pieces of both streams together, wherever the chunks were cut", async () => {
  const long = "ü".repeat(150);
  const bytes = Buffer.concat([piece(1, "one "), piece(2, long), piece(1, " three")]);
  for (const size of [1, 3, 7, 1_000]) {
    expect(await demultiplexed(inChunksOf(bytes, size))).toBe(`one ${long} three`);
  }
});

test("a stream that ends in the middle of a piece gives what came", async () => {
  expect(await demultiplexed(inChunksOf(piece(1, "hello").subarray(0, 11), 4))).toBe("hel");
  expect(await demultiplexed(inChunksOf(Buffer.alloc(0), 4))).toBe("");
});

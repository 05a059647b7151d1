import fc from "fast-check";
import { expect, test } from "vitest";
import { answerIn } from "./http-answer.ts";

const head = (...lines: string[]) => ["HTTP/1.1 200 OK", ...lines, "", ""].join("\r\n");

function chunked(chunks: readonly string[]): string {
  const parts = chunks.map((chunk) => `${Buffer.byteLength(chunk).toString(16)}\r\n${chunk}\r\n`);
  return `${head("Date: now", "Transfer-Encoding: chunked")}${parts.join("")}0\r\n\r\n`;
}

function sized(text: string): string {
  return `${head(`content-length: ${Buffer.byteLength(text)}`, "Content-Type: application/json")}${text}`;
}

test("reads an answer with a length or in chunks once it is complete, and not what follows it", () => {
  const texts = fc.array(fc.string({ minLength: 1, unit: "grapheme" }), { maxLength: 4 });
  const more = fc.string({ maxLength: 5 });
  fc.assert(
    fc.property(texts, more, fc.boolean(), (parts, rest, isChunked) => {
      const text = parts.join("");
      const bytes = Buffer.from(isChunked ? chunked(parts) : sized(text));
      for (let length = 0; length < bytes.length; length += 1)
        expect(answerIn(bytes.subarray(0, length))).toBeNull();
      const answer = answerIn(Buffer.concat([bytes, Buffer.from(rest)]));
      expect(answer).toMatchObject({ status: 200, end: bytes.length });
      expect(answer?.body.toString()).toBe(text);
    }),
  );
});

test.each([
  ["another protocol", "SSH-2.0-OpenSSH\r\n\r\n"],
  ["an answer without a length", head("Connection: close")],
  ["a chunk without a size", `${head("Transfer-Encoding: chunked")}hello\r\n`],
  ["a chunk of another size", `${head("Transfer-Encoding: chunked")}2\r\nabcd\r\n`],
])("refuses %s", (_what, text) => {
  expect(() => answerIn(Buffer.from(text))).toThrow();
});

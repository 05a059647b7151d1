import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { decode, encode } from "./format.ts";
import { names, namesFormat } from "./testing.ts";

const value = names("web", "db");
const text = encode(value);
const decodeBytes = (bytes: Buffer) => decode(bytes.toString("utf8"), namesFormat);

test("a written file can be read, and is JSON that older releases understand", () => {
  expect(decode(text, namesFormat)).toEqual({ kind: "good", value });
  expect(JSON.parse(text)).toMatchObject(value);
});

test("cut off at any byte it is damaged", () => {
  const bytes = Buffer.from(text);
  // Leave out the last byte: it is a line break that nothing depends on.
  for (let length = 0; length < bytes.length - 1; length += 1) {
    expect(decodeBytes(bytes.subarray(0, length)), `${length} bytes`).toEqual({ kind: "damaged" });
  }
});

test("with any bit flipped it is damaged, unless it still says the same", () => {
  const bytes = Buffer.from(text);
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    const decoded = decodeBytes(flipped);
    if (decoded.kind === "good") expect(decoded.value, `bit ${bit}`).toEqual(value);
    else expect(decoded, `bit ${bit}`).toEqual({ kind: "damaged" });
  }
});

test("any value of any shape keeps its checksum when it is read and written again", () => {
  const format = { schema: z.looseObject({ version: z.literal(1) }), version: 1, migrations: {} };
  const members = fc.dictionary(
    fc.string().filter((key) => !["version", "checksum", "__proto__"].includes(key)),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(members, (rest) => {
      const once = decode(encode({ ...rest, version: 1 }), format);
      expect(once.kind).toBe("good");
      if (once.kind === "good") expect(decode(encode(once.value), format)).toEqual(once);
    }),
  );
});

test.each([
  ["an older one is brought up to date", { version: 1, names: "web db" }, { kind: "good", value }],
  ["one without a checksum is taken, as somebody may have repaired it", value, { kind: "good", value }],
  ["a newer one is told from a damaged one", { version: 3, shape: "unknown" }, { kind: "newer" }],
  ["one whose migration is missing is damaged", { version: 0, names: [] }, { kind: "damaged" }],
  ["one that its migration does not understand is damaged", { version: 1, names: 7 }, { kind: "damaged" }],
  ["one of another shape is damaged", { version: 2, names: "web" }, { kind: "damaged" }],
  ["one without a version is damaged", { names: [] }, { kind: "damaged" }],
  ["a list is damaged", [], { kind: "damaged" }],
  ["null is damaged", null, { kind: "damaged" }],
])("%s", (_, content, expected) => {
  expect(decode(JSON.stringify(content), namesFormat)).toEqual(expected);
});

test("a newer one with a wrong checksum is damaged", () => {
  const newer = encode({ ...value, version: 3 });
  expect(decode(newer, namesFormat)).toEqual({ kind: "newer" });
  expect(decode(newer.replace('"web"', '"wab"'), namesFormat)).toEqual({ kind: "damaged" });
  // The damage may be in the version itself.
  expect(decode(text.replace('"version": 2', '"version": 3'), namesFormat)).toEqual({ kind: "damaged" });
});

import { expect, test } from "vitest";
import { open, seal } from "./sealed.ts";

const PASSPHRASE = "correct horse battery";

test("sealed data opens with the same passphrase and cannot be read without it [S115]", async () => {
  const sealed = await seal("nodekey:abc", PASSPHRASE);
  expect(await open(sealed, PASSPHRASE)).toBe("nodekey:abc");
  expect(Buffer.from(sealed.sealed, "base64").toString("latin1")).not.toContain("nodekey");
});

test("sealing the same text twice gives different results", async () => {
  const [one, two] = [await seal("text", PASSPHRASE), await seal("text", PASSPHRASE)];
  expect(one.sealed).not.toBe(two.sealed);
  expect(one.salt).not.toBe(two.salt);
});

test.each([
  ["another passphrase", (sealed: string) => sealed, "correct horse staple"],
  ["a bit that was flipped", (sealed: string) => flipped(sealed), PASSPHRASE],
  ["an end that is missing", (sealed: string) => cut(sealed), PASSPHRASE],
  ["nothing at all", () => "", PASSPHRASE],
])("%s opens nothing", async (_, change, passphrase) => {
  const sealed = await seal("nodekey:abc", PASSPHRASE);
  await expect(open({ ...sealed, sealed: change(sealed.sealed) }, passphrase)).rejects.toMatchObject({
    code: "BACKUP_UNREADABLE",
  });
});

function flipped(sealed: string): string {
  const bytes = Buffer.from(sealed, "base64");
  bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
  return bytes.toString("base64");
}

function cut(sealed: string): string {
  return Buffer.from(sealed, "base64").subarray(0, -1).toString("base64");
}

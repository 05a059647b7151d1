import { mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createPanelSecret } from "./panel-secret.ts";

function throwIt(err: unknown): void {
  throw err;
}

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "panel-secret-"));
  file = join(directory, "secret");
});
afterEach(async () => await rm(directory, { recursive: true }));

test("the secret has 256 bits, matches itself only, and only its owner can read it [S143]", async () => {
  const secret = await createPanelSecret(file, throwIt);
  const text = await readFile(file, "utf8");
  expect(Buffer.from(text, "base64url")).toHaveLength(32);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(secret.matches(text)).toBe(true);
  for (const other of ["", text.slice(1), `${text}\n`, text.toLowerCase(), "none"])
    expect(secret.matches(other)).toBe(false);
});

test("each run has another one", async () => {
  const first = await createPanelSecret(file, throwIt);
  const old = await readFile(file, "utf8");
  const second = await createPanelSecret(file, throwIt);
  expect(second.matches(old)).toBe(false);
  expect(first.matches(await readFile(file, "utf8"))).toBe(false);
});

test("a file that can't be written is reported, and then nobody has the secret [S196]", async () => {
  const reasons: unknown[] = [];
  const secret = await createPanelSecret(join(directory, "missing", "secret"), (err) => reasons.push(err));
  expect(reasons).toMatchObject([{ code: "ENOENT" }]);
  expect(secret.matches("")).toBe(false);
});

test("a link in its place is replaced, not followed", async () => {
  const elsewhere = join(directory, "elsewhere");
  await writeFile(elsewhere, "before");
  await symlink(elsewhere, file);
  await createPanelSecret(file, throwIt);
  expect(await readFile(elsewhere, "utf8")).toBe("before");
});

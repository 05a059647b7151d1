import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createCallRecord, judgeRun } from "./call-record.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tailnet-share-calls-"));
  file = join(folder, "calls.jsonl");
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

test("merges the calls of all beds of a run, each once, and checks them", async () => {
  for (const url of ["/version", "/v1.41/networks"]) {
    const record = createCallRecord(file);
    record.note("GET", url, "");
    record.note("GET", "/version", "");
    await record.judge();
  }
  expect(await judgeRun(file)).toBe(2);
});

test("fails the bed and the run for one call that is not allowed [S079]", async () => {
  const record = createCallRecord(file);
  record.note("GET", "/version", "");
  record.note("POST", "/v1.41/build", "");
  await expect(record.judge()).rejects.toThrow("POST /build is no call of the backend's");
  await expect(judgeRun(file)).rejects.toThrow("POST /build");
});

test("fails a relay that has seen no call, because nobody used it", async () => {
  await expect(createCallRecord(file).judge()).rejects.toThrow("no call at all");
});

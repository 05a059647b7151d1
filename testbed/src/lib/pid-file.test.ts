import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { removeStalePidFile, runningPid } from "./pid-file.ts";

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pid-file-"));
  file = join(folder, "program.pid");
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("A PID file", () => {
  test("identifies the program that runs under its number", async () => {
    await writeFile(file, `${process.pid}\n`);
    expect(await runningPid(file, [process.execPath])).toBe(process.pid);
    await removeStalePidFile(file, [process.execPath]);
    expect(existsSync(file)).toBe(true);
  });

  test("is stale, and removed, when its number belongs to another program", async () => {
    await writeFile(file, `${process.pid}`);
    expect(await runningPid(file, ["containerd"])).toBeNull();
    await removeStalePidFile(file, ["containerd"]);
    expect(existsSync(file)).toBe(false);
  });

  test("identifies no process when it is missing or holds no number", async () => {
    expect(await runningPid(file, [])).toBeNull();
    await removeStalePidFile(file, []);
    await writeFile(file, "not a number");
    expect(await runningPid(file, [])).toBeNull();
  });
});

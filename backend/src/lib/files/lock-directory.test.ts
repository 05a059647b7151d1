import { spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transform } from "esbuild";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { whileLocked } from "./lock-directory.ts";

const SOURCE = new URL("./lock-directory.ts", import.meta.url);

describe("work that excludes other processes", () => {
  let folder: string;
  let lock: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "lock-directory-"));
    lock = join(folder, "lock");
  });
  afterEach(async () => await rm(folder, { recursive: true }));

  it("returns what the work returns, and leaves nothing behind", () => {
    expect(whileLocked(lock, 1_000, () => existsSync(lock))).toBe(true);
    expect(existsSync(lock)).toBe(false);
  });

  it("throws what the work throws, and leaves nothing behind", () => {
    const work = (): never => {
      throw new Error("broken");
    };
    expect(() => whileLocked(lock, 1_000, work)).toThrow("broken");
    expect(existsSync(lock)).toBe(false);
  });

  it("runs in spite of what a killed process left behind, and removes that", () => {
    mkdirSync(lock);
    expect(whileLocked(lock, 20, () => "done")).toBe("done");
    expect(existsSync(lock)).toBe(false);
  });

  it("says so when the directory can't be made", () => {
    expect(() => whileLocked(join(folder, "missing", "lock"), 20, () => "done")).toThrow("ENOENT");
  });

  it("never overlaps with that of other processes", async () => {
    const [log, program] = [join(folder, "log"), join(folder, "program.mjs")];
    const { code } = await transform(await readFile(SOURCE, "utf8"), { loader: "ts" });
    const script = `
      import { appendFileSync } from "node:fs";
      ${code}
      for (let turn = 0; turn < 20; turn += 1)
        whileLocked(${JSON.stringify(lock)}, 30_000, () => {
          appendFileSync(${JSON.stringify(log)}, "begin\\n");
          appendFileSync(${JSON.stringify(log)}, "end\\n");
        });`;
    await writeFile(program, script);
    const run = async () =>
      await new Promise((resolve) => spawn(process.execPath, [program]).once("close", resolve));
    expect(await Promise.all([run(), run(), run()])).toEqual([0, 0, 0]);
    const lines = (await readFile(log, "utf8")).trim().split("\n");
    expect(lines).toEqual(Array.from({ length: 60 }, () => ["begin", "end"]).flat());
  }, 60_000);
});

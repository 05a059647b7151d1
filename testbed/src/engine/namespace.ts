import { mkdirSync } from "node:fs";
import { readlink, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { run, tryRun } from "../lib/run.ts";

/**
 * A network namespace of an engine's own, with its own firewall, bridges and loopback, and no way out. Programs that reach the
 * engine's containers by address, or ports that it publishes, have to run in it; the engine's socket is reached from anywhere.
 */
export interface NetworkNamespace {
  /** The command line that runs a program in it. */
  enter(argv: readonly string[]): readonly string[];
  /** Whether this process runs in it. */
  entered(): Promise<boolean>;
  /** Makes it unless it is there. */
  open(): Promise<void>;
  /** Forgets it: it ends with the last process in it. */
  close(): Promise<void>;
}

/** `file` is where the kernel keeps the namespace while no process is in it. */
export function networkNamespace(file: string): NetworkNamespace {
  const enter = (argv: readonly string[]): readonly string[] => ["nsenter", `--net=${file}`, ...argv];
  const there = async (): Promise<boolean> => (await tryRun(enter(["true"]))).code === 0;
  return {
    enter,
    async entered() {
      const { ino } = await stat(file);
      return (await readlink("/proc/self/ns/net")) === `net:[${ino}]`;
    },
    async open() {
      if (await there()) return;
      mkdirSync(dirname(file), { recursive: true });
      await writeFile(file, "");
      await run(["unshare", `--net=${file}`, "ip", "link", "set", "lo", "up"]);
    },
    async close() {
      if (await there()) await run(["umount", file]);
    },
  };
}

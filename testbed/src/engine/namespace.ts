import { mkdirSync } from "node:fs";
import { readlink, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { run, tryRun } from "../lib/run.ts";

/**
 * An engine's own network namespace, with its own firewall, bridges and loopback, and no way out. Programs that connect to the
 * engine's containers by address, or to ports that it publishes, must run in it. The engine's socket is reachable from anywhere.
 */
export interface NetworkNamespace {
  /** Returns the command line that runs a program in it. */
  enter(argv: readonly string[]): readonly string[];
  /** Returns true when this process runs in it. */
  entered(): Promise<boolean>;
  /** Creates it unless it exists. */
  open(): Promise<void>;
  /** Unmounts it. The namespace ends with its last process. */
  close(): Promise<void>;
}

/** `file` is where the kernel keeps the namespace while it has no process. */
export function networkNamespace(file: string): NetworkNamespace {
  const enter = (argv: readonly string[]): readonly string[] => ["nsenter", `--net=${file}`, ...argv];
  const exists = async (): Promise<boolean> => (await tryRun(enter(["true"]))).code === 0;
  return {
    enter,
    async entered() {
      const { ino } = await stat(file);
      return (await readlink("/proc/self/ns/net")) === `net:[${ino}]`;
    },
    async open() {
      if (await exists()) return;
      mkdirSync(dirname(file), { recursive: true });
      await writeFile(file, "");
      await run(["unshare", `--net=${file}`, "ip", "link", "set", "lo", "up"]);
    },
    async close() {
      if (await exists()) await run(["umount", file]);
    },
  };
}

import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Engine } from "../src/engine/engine.ts";

/* A trap kills the backend at a step instead of at a time: a script that Node loads before the product reads each line of its log,
   and kills the process with SIGKILL at the line that it waits for. The product needs no switch for this, and the crash happens at
   the intended step. */

export const MOMENTS = ["before", "within", "after"] as const;
export type Moment = (typeof MOMENTS)[number];

const Sprung = z.object({ moment: z.enum(MOMENTS) });

export interface Trap {
  /** The kind of step, as in the log. */
  readonly step: string;
  readonly moment: Moment;
  /** For `within`: milliseconds after the step started. A step that has ended by then counts as `after`. */
  readonly afterMs: number;
}

export interface Traps {
  set(trap: Trap): Promise<void>;
  /** Removes the pending trap. Returns the moment at which it fired, or null when it did not. */
  sprung(): Promise<Moment | null>;
}

/** In the container. The platform owns this folder, the only one that both sides can write to. */
const FOLDER = "/run/guest-services";
const SET = "trap.json";
const SPRUNG = "trap-sprung";

const SCRIPT = `
import fs from "node:fs";
const set = "${FOLDER}/${SET}";
let pending = null;
function end(trap) {
  fs.writeFileSync("${FOLDER}/${SPRUNG}", JSON.stringify(trap));
  fs.rmSync(set, { force: true });
  process.kill(process.pid, "SIGKILL");
}
function look(text) {
  for (const line of String(text).split("\\n")) {
    const seen = /step (begins|done|failed)/.exec(line);
    if (seen === null) continue;
    const step = /\\bstep"?[=:]"?([a-z-]+)/.exec(line);
    let trap;
    try { trap = JSON.parse(fs.readFileSync(set, "utf8")); } catch { return; }
    if (step === null || trap.step !== step[1]) continue;
    if (seen[1] !== "begins") {
      clearTimeout(pending);
      if (pending !== null || trap.moment === "after") end({ ...trap, moment: "after" });
    }
    else if (trap.moment === "before") end(trap);
    else if (trap.moment === "within") pending = setTimeout(end, trap.afterMs, trap);
  }
}
const { writeSync } = fs;
fs.writeSync = (fd, text, ...rest) => { if (fd === 1) look(text); return writeSync(fd, text, ...rest); };
const write = process.stdout.write;
process.stdout.write = function (text, ...rest) { look(text); return write.call(this, text, ...rest); };
`;

/** Environment that enables traps in the backend, which watch its log. */
export const TRAP_ENVIRONMENT: Readonly<Record<string, string>> = {
  TAILNET_SHARE_LOG_LEVEL: "debug",
  // Percent-encoded: Node splits this variable at spaces.
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(SCRIPT)}`,
};

/** Rejects when the engine is on another machine: this process writes directly to its volume, which takes no time. */
export async function openTraps(engine: Engine, bedId: string): Promise<Traps> {
  if (engine.own === null) throw new Error("setting traps in a volume needs an engine on this machine");
  const volume = `tailnet-share-guest-services-${bedId}`;
  const folder = await engine.docker(["volume", "inspect", "-f", "{{.Mountpoint}}", volume]);
  const remove = (name: string): Promise<void> => rm(join(folder, name), { force: true });
  return {
    async set(trap) {
      await remove(SPRUNG);
      await writeFile(join(folder, SET), JSON.stringify(trap));
    },
    async sprung() {
      await remove(SET);
      const told = await readFile(join(folder, SPRUNG), "utf8").catch(() => null);
      await remove(SPRUNG);
      return told === null ? null : Sprung.parse(JSON.parse(told)).moment;
    },
  };
}

import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Engine } from "../src/engine/engine.ts";

/* A crash point kills the backend at a step instead of at a time: a script that Node loads before the product reads each line of its
   log, and kills the process with SIGKILL at the line that it waits for. The product needs no switch for this, and the crash happens at
   the intended step. */

export const MOMENTS = ["before", "within", "after"] as const;
export type Moment = (typeof MOMENTS)[number];

const Reached = z.object({ moment: z.enum(MOMENTS) });

export interface CrashPoint {
  /** The kind of step, as in the log. */
  readonly step: string;
  readonly moment: Moment;
  /** For `within`: milliseconds after the step started. A step that has ended by then counts as `after`. */
  readonly afterMs: number;
}

export interface CrashPoints {
  set(crashPoint: CrashPoint): Promise<void>;
  /** Removes the pending crash point. Returns the moment at which it killed the backend, or null when it did not. */
  reached(): Promise<Moment | null>;
}

/** In the container. The platform owns this folder, the only one that both sides can write to. */
const FOLDER = "/run/guest-services";
const PENDING = "crash-point.json";
const REACHED = "crash-point-reached";

/** Finds the backend's lines about a step, in both formats of the log: what happened to it, and its kind. */
export const STEP_LINE = {
  event: /(?:step|look) (begins|done|failed|fails again)/,
  kind: /\bstep"?[=:]"?([a-z-]+)/,
} as const;

const SCRIPT = `
import fs from "node:fs";
const file = "${FOLDER}/${PENDING}";
let pending = null;
function end(crashPoint) {
  fs.writeFileSync("${FOLDER}/${REACHED}", JSON.stringify(crashPoint));
  fs.rmSync(file, { force: true });
  process.kill(process.pid, "SIGKILL");
}
function look(text) {
  for (const line of String(text).split("\\n")) {
    const seen = ${STEP_LINE.event}.exec(line);
    if (seen === null) continue;
    const step = ${STEP_LINE.kind}.exec(line);
    let crashPoint;
    try { crashPoint = JSON.parse(fs.readFileSync(file, "utf8")); } catch { return; }
    if (step === null || crashPoint.step !== step[1]) continue;
    if (seen[1] !== "begins") {
      clearTimeout(pending);
      if (pending !== null || crashPoint.moment === "after") end({ ...crashPoint, moment: "after" });
    }
    else if (crashPoint.moment === "before") end(crashPoint);
    else if (crashPoint.moment === "within") pending = setTimeout(end, crashPoint.afterMs, crashPoint);
  }
}
const { writeSync } = fs;
fs.writeSync = (fd, text, ...rest) => { if (fd === 1) look(text); return writeSync(fd, text, ...rest); };
const write = process.stdout.write;
process.stdout.write = function (text, ...rest) { look(text); return write.call(this, text, ...rest); };
`;

/** Environment that enables crash points in the backend. */
export const CRASH_POINT_ENVIRONMENT: Readonly<Record<string, string>> = {
  TAILNET_SHARE_LOG_LEVEL: "debug",
  // Percent-encoded: Node splits this variable at spaces.
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(SCRIPT)}`,
};

/** Rejects when the engine is on another machine: this process writes directly to its volume, which takes no time. */
export async function openCrashPoints(engine: Engine, bedId: string): Promise<CrashPoints> {
  if (engine.own === null)
    throw new Error("setting crash points in a volume needs an engine on this machine");
  const volume = `tailnet-share-guest-services-${bedId}`;
  const folder = await engine.docker(["volume", "inspect", "-f", "{{.Mountpoint}}", volume]);
  const remove = (name: string): Promise<void> => rm(join(folder, name), { force: true });
  return {
    async set(crashPoint) {
      await remove(REACHED);
      await writeFile(join(folder, PENDING), JSON.stringify(crashPoint));
    },
    async reached() {
      await remove(PENDING);
      const text = await readFile(join(folder, REACHED), "utf8").catch(() => null);
      await remove(REACHED);
      return text === null ? null : Reached.parse(JSON.parse(text)).moment;
    },
  };
}

import { AppError } from "@tailnet-share/contract/errors";
import type { Health } from "@tailnet-share/contract/operations";
import type { DataPlane } from "../dataplane/data-plane.ts";
import type { Clock } from "../lib/clock.ts";

type Hop = Health["hops"][number];

/** Tries one hop; answers what it found. Rejects when the hop does not do what it is for. */
export type HopProbe = (signal: AbortSignal) => Promise<string>;

/** Milliseconds that one hop may take. All are tried at once. */
const HOP_MS = 3_000;
/** The loop looks at everything once a minute at least; an engine that hangs may hold one look up. */
const LATELY_MS = 90_000;

/**
 * Tries every hop just now. Never rejects: what a hop rejects with is told as its detail, without anything of the error but an
 * expected failure's own sentence. Asked again while it is at it, it gives the same answer to both.
 */
export function createHealth(probes: Record<Hop["hop"], HopProbe>, clock: Clock): () => Promise<Health> {
  let running: Promise<Health> | null = null;

  async function look(): Promise<Health> {
    const names = Object.keys(probes) as Hop["hop"][];
    const hops = await Promise.all(names.map(async (hop) => await tryHop(hop, probes[hop], clock)));
    return { ok: hops.every(({ ok }) => ok), hops };
  }

  return async () => {
    running ??= look().finally(() => {
      running = null;
    });
    return await running;
  };
}

async function tryHop(hop: Hop["hop"], probe: HopProbe, clock: Clock): Promise<Hop> {
  const over = new AbortController();
  const late = clock.sleep(HOP_MS, over.signal).then(
    () => ({ hop, ok: false, detail: `It does not answer within ${HOP_MS / 1_000} seconds.` }),
    // Answered first: nobody reads this any more.
    () => ({ hop, ok: false, detail: "" }),
  );
  const tried = probe(over.signal).then(
    (detail) => ({ hop, ok: true, detail }),
    (error: unknown) => ({ hop, ok: false, detail: reasonOf(error) }),
  );
  const answer = await Promise.race([tried, late]);
  over.abort();
  return answer;
}

function reasonOf(error: unknown): string {
  return error instanceof AppError ? error.fault.message : "It failed for an unexpected reason.";
}

/** The loop is well when it has lately come to the end of a pass. `endedAt`: by the monotonic clock; null before the first. */
export function loopProbe(endedAt: () => number | null, clock: Clock): HopProbe {
  return async () => {
    const at = endedAt();
    if (at === null) throw unwell("Nothing has been looked at since the start.");
    const seconds = Math.round((clock.monotonic() - at) / 1_000);
    if (clock.monotonic() - at > LATELY_MS)
      throw unwell(`The last look at everything ended ${seconds} seconds ago.`);
    return await Promise.resolve(`The last look at everything ended ${seconds} seconds ago.`);
  };
}

/** The data plane is well when the kernel, or tailscaled, still holds what was put there. */
export function dataPlaneProbe(dataPlane: Pick<DataPlane, "intact">): HopProbe {
  return async (signal) => {
    if (await dataPlane.intact(signal)) return "The rules in place are those that were made.";
    throw unwell("The rules in place are not those that were made.");
  };
}

/** A hop that answers, and says that it is not as it should be. */
export function unwell(message: string): AppError {
  return new AppError("INTERNAL", message);
}

import { AppError } from "@tailnet-share/contract/errors";
import type { Health } from "@tailnet-share/contract/operations";
import type { DataPlane } from "../../dataplane/data-plane.ts";
import type { Clock } from "../../lib/clock.ts";
import { within } from "../../lib/timing.ts";

type Hop = Health["hops"][number];

/** Tests one hop; returns its finding. Rejects when the hop doesn't work. */
export type HopProbe = (signal: AbortSignal) => Promise<string>;

/** Deadline for one hop, in milliseconds. All hops are tested concurrently. */
const HOP_MS = 3_000;
/** The loop polls everything at least once a minute; a hanging engine may delay one poll. */
const LATELY_MS = 90_000;

/**
 * Tests every hop now. Never rejects: a failed hop reports only the sentence of an expected failure as its detail, and nothing else from
 * the error. Concurrent calls share one result.
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
  const tried = async (signal: AbortSignal) =>
    await probe(signal).then(
      (detail) => ({ hop, ok: true, detail }),
      (error: unknown) => ({ hop, ok: false, detail: reasonOf(error) }),
    );
  const late = { hop, ok: false, detail: `It does not answer within ${HOP_MS / 1_000} seconds.` };
  return await within(tried, HOP_MS, { clock, otherwise: late });
}

function reasonOf(error: unknown): string {
  return error instanceof AppError ? error.fault.message : "It failed for an unexpected reason.";
}

/** The loop is well when it has completed a pass recently. `endedAt`: by the monotonic clock; null before the first. */
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

/** The data plane is well when the kernel or tailscaled still has the rules that we applied. */
export function dataPlaneProbe(dataPlane: Pick<DataPlane, "intact">): HopProbe {
  return async (signal) => {
    if (await dataPlane.intact(signal)) return "The rules in place are those that were made.";
    throw unwell("The rules in place are not those that were made.");
  };
}

/** The error of a hop that answers but reports a problem. */
export function unwell(message: string): AppError {
  return new AppError("INTERNAL", message);
}

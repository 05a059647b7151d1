import type { Engine } from "../../engine/engine.ts";
import type { Clock } from "../../lib/clock.ts";
import { within } from "../../lib/timing.ts";
import type { Target } from "../namespace/namespace-runner.ts";
import type { MachineStep } from "../step.ts";

export interface StopDependencies {
  engine: Pick<Engine, "inspectContainer" | "startOwn" | "stopOwn" | "removeOwn">;
  /** Puts a machine's tailscaled to rest. */
  goodBye: (key: string) => Promise<void>;
  untilItAnswers: (key: string, containerId: string, signal: AbortSignal) => Promise<void>;
  /** Removes the guard, from within the named container or from a helper beside it. */
  tidy: (machine: Target & { containerId: string | null }, signal: AbortSignal) => Promise<void>;
  /** Whether a look that was broken off may still be at work in the container. It would put the guard back. */
  mayBeAtWork: (containerId: string) => boolean;
  clock: Pick<Clock, "sleep">;
}

/** tailscaled removes its routes and rules within this time. Seconds. */
export const STOP_SECONDS = 3;
/** A tailscaled that hangs is stopped after this time anyway. Milliseconds. */
const GOOD_BYE_MS = 1_000;

/** Takes a machine off the tailnet and removes its container. The guard stays for as long as anything could pass it. */
export function createStop({ engine, goodBye, untilItAnswers, tidy, mayBeAtWork, clock }: StopDependencies) {
  /**
   * Returns whether tailscaled rests: then it lets nothing through. Other devices see it go offline, and it does not come back on its own.
   */
  async function putToRest(key: string): Promise<boolean> {
    const answered = goodBye(key).then(
      () => true,
      () => false,
    );
    return await within(answered, GOOD_BYE_MS, { clock, otherwise: false });
  }

  return async (
    { key, containerId, targetId, namespaceLives }: Extract<MachineStep, { kind: "machine-stop" }>,
    signal: AbortSignal,
  ): Promise<void> => {
    if (namespaceLives) {
      const life = await engine.inspectContainer(containerId, signal);
      // A killed tailscaled leaves its rules and routes behind. Only tailscaled knows how to remove them, so start it again.
      if (life !== null && !life.running) {
        await engine.startOwn(containerId, signal).catch(() => undefined);
        await untilItAnswers(key, containerId, signal).catch(() => undefined);
      }
      const rests = await putToRest(key);
      // Cleaning up in its own container is faster, because it needs no helper.
      const isTidied = rests && !mayBeAtWork(containerId);
      if (isTidied) await tidy({ key, targetId, containerId }, signal);
      await engine.stopOwn(containerId, STOP_SECONDS, signal);
      if (!isTidied) await tidy({ key, targetId, containerId: null }, signal);
    }
    await engine.removeOwn(containerId, signal);
  };
}

import type { Engine } from "../../engine/engine.ts";
import type { Clock } from "../../lib/clock.ts";
import type { MachineStep } from "../plan.ts";
import type { Target } from "./inside.ts";

export interface StopDependencies {
  engine: Pick<Engine, "inspectContainer" | "startOwn" | "stopOwn" | "removeOwn">;
  /** Has a machine's tailscaled rest. */
  goodBye: (key: string) => Promise<void>;
  untilItAnswers: (key: string, containerId: string, signal: AbortSignal) => Promise<void>;
  /** Takes the guard away, in the container named or beside it. */
  tidy: (machine: Target & { containerId: string | null }, signal: AbortSignal) => Promise<void>;
  clock: Pick<Clock, "sleep">;
}

/** tailscaled takes its routes and rules back within this time. Seconds. */
export const STOP_SECONDS = 3;
/** One that hangs is ended all the same. Milliseconds. */
const GOOD_BYE_MS = 1_000;

/** Takes a machine off the tailnet and removes its container. The guard stands for as long as anything could pass it. */
export function createStop({ engine, goodBye, untilItAnswers, tidy, clock }: StopDependencies) {
  /** Whether it rests: then it lets nothing through. Devices see it go, and it does not come back by itself. */
  async function putToRest(key: string): Promise<boolean> {
    const answered = goodBye(key).then(
      () => true,
      () => false,
    );
    return await Promise.race([answered, clock.sleep(GOOD_BYE_MS).then(() => false)]);
  }

  return async (
    { key, containerId, targetId, namespaceLives }: Extract<MachineStep, { kind: "machine-stop" }>,
    signal: AbortSignal,
  ): Promise<void> => {
    if (namespaceLives) {
      const life = await engine.inspectContainer(containerId, signal);
      // One that was killed left its rules and routes behind. tailscaled itself knows how to take them back, once it runs.
      if (life !== null && !life.running) {
        await engine.startOwn(containerId, signal).catch(() => undefined);
        await untilItAnswers(key, containerId, signal).catch(() => undefined);
      }
      const rests = await putToRest(key);
      // In its own container is the quicker way: no helper has to be made.
      if (rests) await tidy({ key, targetId, containerId }, signal);
      await engine.stopOwn(containerId, STOP_SECONDS, signal);
      if (!rests) await tidy({ key, targetId, containerId: null }, signal);
    }
    await engine.removeOwn(containerId, signal);
  };
}

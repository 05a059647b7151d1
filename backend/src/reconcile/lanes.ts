import type { Step } from "./steps/step.ts";

/** Runs steps for machines and networks without blocking other work: one step at a time per lane. */
export interface Lanes {
  /** Whether a step may begin in its lane now. */
  isFree(lane: string, step: Step): boolean;
  /** Runs a step and resolves at its end. Its signal is aborted with `signal`, or when the step is cancelled. */
  begin(
    lane: string,
    step: Step,
    work: (signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
  /** The step in progress in a lane. */
  step(lane: string): Step | undefined;
  steps(): Step[];
  breakOff(lane: string): void;
  /** Networks with a join or leave in progress. */
  changing(): ReadonlySet<string>;
  /** Resolves when all current joins and leaves have ended; null for none. */
  networksEnded(): Promise<void> | null;
  allEnded(): Promise<void>;
}

/** How many machines to work on at once: more would only slow each other down. */
const MOST_LANES = 8;

/** Steps that must run to the end, so that nothing is left half done. */
const CHANGES_CONTAINER: ReadonlySet<Step["kind"]> = new Set([
  "machine-start",
  "machine-stop",
  "machine-retire",
  "machine-forget",
]);
/** A retirement takes 20 s when the control server is unreachable, and other machines need a lane meanwhile. */
const MOST_RETIREMENTS = 4;

/** `onEnd` is called when a step has ended, to plan the next one. `isAwaited`: a step could not begin meanwhile. */
export function createLanes(onEnd: (step: Step, isAwaited: boolean) => void): Lanes {
  const lanes = new Map<string, { step: Step; ended: Promise<void>; breakOff: () => void }>();
  let isAwaited = false;

  function mayBegin(lane: string, step: Step): boolean {
    if (lanes.has(lane)) return false;
    const running = [...lanes.values()].map((entry) => entry.step);
    // Leaving a network can move the default route, and a concurrent join would be blamed for it.
    if (step.kind === "join") return running.every(({ kind }) => kind !== "leave");
    if (step.kind === "leave")
      return running.every((other) => other.kind !== "join" || other.networkId !== step.networkId);
    if ("key" in step && running.filter((other) => "key" in other).length >= MOST_LANES) return false;
    if (step.kind === "machine-retire")
      return running.filter(({ kind }) => kind === step.kind).length < MOST_RETIREMENTS;
    // Certificates one at a time: each takes up to a minute, and authorities limit how fast one account may ask.
    return step.kind !== "machine-certificate" || running.every(({ kind }) => kind !== step.kind);
  }

  return {
    isFree(lane, step) {
      const isFree = mayBegin(lane, step);
      // Even if it is the same step: a plan leaves out what depends on a look that it contains.
      if (!isFree) isAwaited = true;
      return isFree;
    },
    begin(lane, step, work, signal) {
      const obsolete = new AbortController();
      const ended = work(AbortSignal.any([signal, obsolete.signal])).finally(() => {
        lanes.delete(lane);
        const wasAwaited = isAwaited;
        isAwaited = false;
        onEnd(step, wasAwaited);
      });
      lanes.set(lane, { step, ended, breakOff: () => obsolete.abort() });
      return ended;
    },
    step: (lane) => lanes.get(lane)?.step,
    steps: () => [...lanes.values()].map(({ step }) => step),
    breakOff: (lane) => lanes.get(lane)?.breakOff(),
    changing: () => new Set([...lanes.values()].flatMap(({ step }) => networkOf(step))),
    networksEnded() {
      const changes = [...lanes.values()].filter(({ step }) => networkOf(step).length > 0);
      return changes.length === 0
        ? null
        : Promise.all(changes.map(({ ended }) => ended)).then(() => undefined);
    },
    allEnded: async () => void (await Promise.all([...lanes.values()].map(async ({ ended }) => await ended))),
  };
}

/**
 * Cancels work on a machine that is to be removed: a login or a certificate may take long, and the machine is reachable until it is gone.
 */
export function breakOffObsolete(
  lanes: Pick<Lanes, "step" | "breakOff">,
  steps: readonly Step[],
  present: readonly { containerId: string }[],
): void {
  const containerIds = new Set(present.map(({ containerId }) => containerId));
  for (const step of steps) {
    // The user has given up on retiring it.
    if (step.kind === "machine-forget" && lanes.step(step.key)?.kind === "machine-retire")
      lanes.breakOff(step.key);
    if (step.kind !== "machine-stop" || !containerIds.has(step.containerId)) continue;
    const underWay = lanes.step(step.key);
    if (underWay !== undefined && !CHANGES_CONTAINER.has(underWay.kind)) lanes.breakOff(step.key);
  }
}

function networkOf(step: Step): string[] {
  return step.kind === "join" || step.kind === "leave" ? [step.networkId] : [];
}

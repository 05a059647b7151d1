import { NETWORKS_LANE, type Step } from "./plan.ts";

/** Work on machines, which takes seconds and must not hold the others up, and on networks: one step at a time in each lane. */
export interface Lanes {
  /** Whether a step may begin in its lane now. */
  isFree(lane: string, step: Step): boolean;
  /** Carries a step out in the background. Its signal is aborted with `signal`, or when it is broken off. */
  begin(lane: string, step: Step, work: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): void;
  /** What is under way in a lane. */
  step(lane: string): Step | undefined;
  steps(): Step[];
  breakOff(lane: string): void;
  /** Resolves when what is under way in a lane has ended. */
  ended(lane: string): Promise<void>;
  allEnded(): Promise<void>;
}

/** Machines that are worked on at once: more only make each other slow. */
const MOST_LANES = 8;

/** `onEnd` is called when a step has ended: what comes next has to be planned then. */
export function createLanes(onEnd: () => void): Lanes {
  const lanes = new Map<string, { step: Step; ended: Promise<void>; breakOff: () => void }>();
  return {
    // Certificates one at a time: each takes up to a minute, and authorities limit how fast one account may ask.
    isFree(lane, { kind }) {
      if (lanes.has(lane)) return false;
      if (lane === NETWORKS_LANE) return true;
      if (lanes.size >= MOST_LANES) return false;
      return kind !== "machine-certificate" || [...lanes.values()].every(({ step }) => step.kind !== kind);
    },
    begin(lane, step, work, signal) {
      const obsolete = new AbortController();
      const ended = work(AbortSignal.any([signal, obsolete.signal])).finally(() => {
        lanes.delete(lane);
        onEnd();
      });
      lanes.set(lane, { step, ended, breakOff: () => obsolete.abort() });
    },
    step: (lane) => lanes.get(lane)?.step,
    steps: () => [...lanes.values()].map(({ step }) => step),
    breakOff: (lane) => lanes.get(lane)?.breakOff(),
    ended: async (lane) => await lanes.get(lane)?.ended,
    allEnded: async () => void (await Promise.all([...lanes.values()].map(async ({ ended }) => await ended))),
  };
}

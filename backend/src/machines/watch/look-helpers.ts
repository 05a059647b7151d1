import { randomBytes } from "node:crypto";
import type { Clock } from "../../lib/clock.ts";
import type { NamespaceRunner, Outcome } from "../namespace/namespace-runner.ts";

/** Helper containers that read what a container listens on. */
export interface LookHelpers {
  /** Reads the listeners in the target's namespace. Waits while too many others do. Rejects with the engine's errors. */
  run(targetId: string): Promise<Outcome>;
  /** Whether the helper with this key is at work, or was a moment ago. */
  has(key: string): boolean;
  /** Forgets helpers that have been gone for a while. */
  tidy(): void;
}

/** An engine's list may still show a helper that is gone. Milliseconds. */
const REMEMBERED_MS = 60_000;
/** Concurrent helpers: each starts a Node process. */
const MOST_HELPERS = 2;

export function createLookHelpers(
  runner: Pick<NamespaceRunner, "runHelper">,
  clock: Pick<Clock, "monotonic">,
): LookHelpers {
  /** Until when to remember a helper, by its key. */
  const helpers = new Map<string, number>();
  const atWork = new Set<Promise<unknown>>();

  return {
    async run(targetId) {
      while (atWork.size >= MOST_HELPERS) await Promise.race(atWork);
      const key = `look-${randomBytes(6).toString("hex")}`;
      helpers.set(key, Number.POSITIVE_INFINITY);
      const work = runner.runHelper({ key, targetId }, ["listening"]);
      const over = work.then(
        () => void helpers.set(key, clock.monotonic() + REMEMBERED_MS),
        // Its removal may have failed: then the loop removes it.
        () => void helpers.delete(key),
      );
      atWork.add(over);
      await over;
      atWork.delete(over);
      return await work;
    },
    has: (key) => helpers.has(key),
    tidy() {
      const now = clock.monotonic();
      for (const [key, until] of helpers) if (until <= now) helpers.delete(key);
    },
  };
}

import type { Forward } from "../dataplane/data-plane.ts";
import { createListeners, type Unanswered } from "../dataplane/listeners.ts";
import type { Clock } from "../lib/clock.ts";
import type { Answer } from "../ports/answer.ts";
import type { Listener } from "../ports/listening.ts";
import { createRefusedLooks } from "../ports/refused-looks.ts";
import type { ResolvedShare } from "../reconcile/plan/resolve.ts";
import { refusedShares } from "./exposure.ts";

export interface TriesDependencies {
  tryIt: (address: string, port: number) => Promise<Answer>;
  /** Lists the listeners in a workload's container; null if unknown. */
  look: (workload: string) => Promise<readonly Listener[] | null>;
  resolved: () => readonly ResolvedShare[];
  /** Shows the results. */
  refresh: () => void;
  /** Called after a changed set of unanswered ports was shown. */
  onAnswers: () => void;
  /** Whether a panel shows the answers. */
  watched: () => boolean;
  clock: Clock;
}

/** Probes the shared ports in the background, and looks for the reason if one refuses. */
export interface Tries {
  /** Takes the forwards that currently have a target. */
  see(forwards: readonly Forward[]): void;
  /** Shows the results of probing the shared ports, with the reasons as far as known. */
  show(): void;
  /** Forwards whose probes get no answer, by `forwardKey`. */
  silent(): ReadonlySet<string>;
  results(): { unanswered: Unanswered; listeners: ReadonlyMap<string, readonly Listener[]> };
  run(signal: AbortSignal): Promise<void>;
}

export function createTries({
  tryIt,
  look,
  resolved,
  refresh,
  onAnswers,
  watched,
  clock,
}: TriesDependencies): Tries {
  const listeners = createListeners({
    tryIt,
    onChange() {
      show();
      onAnswers();
    },
    watched,
    clock,
  });
  const refusedLooks = createRefusedLooks({ look, onChange: refresh, clock });

  function show(): void {
    refusedLooks.see(refusedShares(resolved(), listeners.unanswered()));
    refresh();
  }

  return {
    see: (forwards) => listeners.see(forwards),
    show,
    silent: () =>
      new Set(
        [...listeners.unanswered()].flatMap(([forward, answer]) => (answer === "none" ? [forward] : [])),
      ),
    results: () => ({ unanswered: listeners.unanswered(), listeners: refusedLooks.listeners() }),
    run: async (signal) => void (await Promise.all([listeners.run(signal), refusedLooks.run(signal)])),
  };
}

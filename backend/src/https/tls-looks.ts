import type { Clock } from "../lib/clock.ts";
import { type FrontTarget, type SpeaksTls, targetKey } from "./fronts.ts";

/** Probes which HTTPS targets speak TLS, so that tailscaled speaks TLS to them. */
export interface TlsLooks {
  /** Sets the current targets. Probes new ones and forgets all others, so that a restarted container is probed again. */
  see(targets: readonly FrontTarget[]): void;
  known(): SpeaksTls;
}

/** Delay before retrying a target that refuses the connection. Milliseconds. */
const AGAIN_MS = 2_000;

export function createTlsLooks({
  speaksTls,
  onChange,
  clock,
}: {
  /** Resolves to null when the port refused the connection. */
  speaksTls: (address: string, port: number) => Promise<boolean | null>;
  onChange: () => void;
  clock: Clock;
}): TlsLooks {
  /** `dueAt` by the monotonic clock; infinite during a probe and after its result. */
  const targets = new Map<string, { speaks: boolean | null; dueAt: number }>();

  async function probe(key: string, { address, port }: FrontTarget): Promise<void> {
    const result = { speaks: null as boolean | null, dueAt: Number.POSITIVE_INFINITY };
    targets.set(key, result);
    const answer = await speaksTls(address, port);
    if (answer === null) result.dueAt = clock.monotonic() + AGAIN_MS;
    result.speaks = answer;
    if (answer !== null && targets.get(key) === result) onChange();
  }

  return {
    see(now) {
      const wanted = new Map(now.map((target) => [targetKey(target), target]));
      for (const key of targets.keys()) if (!wanted.has(key)) targets.delete(key);
      for (const [key, target] of wanted)
        if ((targets.get(key)?.dueAt ?? 0) <= clock.monotonic()) void probe(key, target);
    },
    known: () =>
      new Map([...targets].flatMap(([key, { speaks }]) => (speaks === null ? [] : [[key, speaks] as const]))),
  };
}

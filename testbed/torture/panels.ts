import type { Bed } from "../src/bed.ts";

/** As many panels as asked for, each with its long poll, as the stand-in for Docker Desktop carries them. */
export interface Panels {
  /** Resolves, once all of them were told of a change, with the milliseconds from now that it took each of them. */
  told(timeoutMs: number): Promise<readonly number[]>;
  /** Polls that got no answer. */
  readonly failures: readonly string[];
  /** Resolves when none of them waits any more: at the next change, or when their polls end by themselves. */
  close(): Promise<void>;
}

export async function openPanels({ api }: Pick<Bed, "api">, count: number): Promise<Panels> {
  const failures: string[] = [];
  let closed = false;
  let onTold: () => void = () => undefined;
  const { revision } = await api.snapshot();

  /** Polls as the panel does: the next one begins when the last one has ended, whether it told something or not. */
  async function panel(): Promise<void> {
    for (let known = revision; !closed; ) {
      try {
        const snapshot = await api.snapshot(known);
        if (snapshot.revision !== known) onTold();
        known = snapshot.revision;
      } catch (error) {
        failures.push(String(error));
        return;
      }
    }
  }

  const panels = Array.from({ length: count }, () => panel());
  return {
    failures,
    told(timeoutMs) {
      const began = performance.now();
      const took: number[] = [];
      return new Promise((resolve, reject) => {
        const late = setTimeout(
          () => reject(new Error(`${took.length} of ${count} panels were told within ${timeoutMs} ms`)),
          timeoutMs,
        );
        onTold = () => {
          took.push(performance.now() - began);
          if (took.length < count) return;
          clearTimeout(late);
          onTold = () => undefined;
          resolve(took);
        };
      });
    },
    async close() {
      closed = true;
      await Promise.all(panels);
    },
  };
}

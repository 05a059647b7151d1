import type { Bed } from "../src/bed.ts";
import { waitFor } from "../src/lib/wait-for.ts";

/** As many panels as asked for, each with its long poll, as the stand-in for Docker Desktop carries them. */
export interface Panels {
  /** Resolves when all of them know the same, and that is the newest. */
  quiet(): Promise<void>;
  /** Resolves, once each of them was told of a change, with the milliseconds from now that it took them. */
  told(timeoutMs: number): Promise<readonly number[]>;
  /** Polls that got no answer. */
  readonly failures: readonly string[];
  /** Resolves when none of them waits any more: at the next change, or when their polls end by themselves. */
  close(): Promise<void>;
}

/** Read rather than parsed: two hundred times a whole snapshot would take longer than what is measured. */
const REVISION = /"revision":"([^"]+)"/;

export async function openPanels({ desktop, api }: Bed, count: number): Promise<Panels> {
  const failures: string[] = [];
  const { revision } = await api.snapshot();
  const known = Array.from({ length: count }, () => revision);
  let closed = false;
  let onTold: (panel: number) => void = () => undefined;

  async function poll(since: string): Promise<string> {
    const url = `/snapshot?since=${encodeURIComponent(since)}`;
    const { status, body } = await desktop.page.request({ method: "GET", url });
    const now = status === 200 ? REVISION.exec(body)?.[1] : undefined;
    if (now === undefined) throw new Error(`a panel was answered ${status}: ${body.slice(0, 200)}`);
    return now;
  }

  /** As the panel does: the next poll begins when the last one has ended, whether it told something or not. */
  async function panel(index: number): Promise<void> {
    for (let since = revision; !closed; ) {
      const now = await poll(since);
      known[index] = now;
      if (now !== since) onTold(index);
      since = now;
    }
  }

  const panels = known.map((_, index) =>
    panel(index).catch((error: unknown) => void failures.push(String(error))),
  );
  return {
    failures,
    async quiet() {
      const agree = async (): Promise<boolean> => {
        const newest = (await api.snapshot()).revision;
        return known.every((one) => one === newest);
      };
      await waitFor(agree, { what: `${count} panels to know the newest`, timeoutMs: 30_000 });
    },
    told(timeoutMs) {
      const began = performance.now();
      const took = new Map<number, number>();
      return new Promise((resolve, reject) => {
        const late = setTimeout(
          () => reject(new Error(`${took.size} of ${count} panels were told within ${timeoutMs} ms`)),
          timeoutMs,
        );
        onTold = (index) => {
          // One click may be told in two parts; the first one counts.
          if (!took.has(index)) took.set(index, performance.now() - began);
          if (took.size < count) return;
          clearTimeout(late);
          onTold = () => undefined;
          resolve([...took.values()]);
        };
      });
    },
    async close() {
      closed = true;
      await Promise.all(panels);
    },
  };
}

import type { Bed } from "../src/bed.ts";
import { waitFor } from "../src/lib/wait-for.ts";

/** Any number of panels, each with its long poll, as the stand-in for Docker Desktop carries them. */
export interface Panels {
  /** Resolves when all of them have the same, newest revision. */
  quiet(): Promise<void>;
  /** Resolves once each panel was notified of a change, with the milliseconds that each one took from now. */
  changed(timeoutMs: number): Promise<readonly number[]>;
  /** Polls without an answer. */
  readonly failures: readonly string[];
  /** Resolves when no panel waits any more: at the next change, or when their polls time out. */
  close(): Promise<void>;
}

/** A regular expression instead of parsing: parsing whole snapshots two hundred times would take longer than the measured time. */
const REVISION = /"revision":"([^"]+)"/;

export async function openPanels({ desktop, api }: Bed, count: number): Promise<Panels> {
  const failures: string[] = [];
  const { revision } = await api.snapshot();
  const known = Array.from({ length: count }, () => revision);
  let closed = false;
  let onChange: (panel: number) => void = () => undefined;

  /** Polls as the panel does: the next poll starts when the last one has ended, with or without news. */
  async function panel(index: number): Promise<void> {
    for (let since = revision; !closed; ) {
      const now = await poll(desktop.page, since);
      known[index] = now;
      if (now !== since) onChange(index);
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
        return known.every((knownRevision) => knownRevision === newest);
      };
      await waitFor(agree, { what: `${count} panels to know the newest`, timeoutMs: 30_000 });
    },
    async changed(timeoutMs) {
      const listen = (listener: typeof onChange) => {
        onChange = listener;
      };
      return await firstChanges(count, listen, timeoutMs).finally(() => listen(() => undefined));
    },
    async close() {
      closed = true;
      await Promise.all(panels);
    },
  };
}

/** Polls once and returns the new revision. */
async function poll(page: Bed["desktop"]["page"], since: string): Promise<string> {
  const url = `/snapshot?since=${encodeURIComponent(since)}`;
  const { status, body } = await page.request({ method: "GET", url });
  const revision = status === 200 ? REVISION.exec(body)?.[1] : undefined;
  if (revision === undefined) throw new Error(`a panel was answered ${status}: ${body.slice(0, 200)}`);
  return revision;
}

/** Resolves once each of `count` panels has changed, with the milliseconds that each one took from now. */
function firstChanges(
  count: number,
  listen: (listener: (panel: number) => void) => void,
  timeoutMs: number,
): Promise<readonly number[]> {
  const began = performance.now();
  const took = new Map<number, number>();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`${took.size} of ${count} panels saw the change within ${timeoutMs} ms`)),
      timeoutMs,
    );
    listen((panel) => {
      // One click may arrive in two updates; the first one counts.
      if (!took.has(panel)) took.set(panel, performance.now() - began);
      if (took.size < count) return;
      clearTimeout(timer);
      resolve([...took.values()]);
    });
  });
}

import type { Clock } from "./clock.ts";

/** Answers that never change, by ID: each is asked for once, and again only when it could not be told. */
export interface Lookup<T> {
  /** Undefined while it cannot be told. */
  get(id: string, signal?: AbortSignal): Promise<T | undefined>;
  /** Forgets all others. */
  keepOnly(ids: ReadonlySet<string>): void;
}

export interface LookupOptions<T> {
  /** Null for one that is gone. */
  ask: (id: string, signal?: AbortSignal) => Promise<T | null>;
  /** How long the first to ask waits; whoever asks for one that was late or failed then does not wait. Milliseconds. */
  waitMs: number;
  /** Whether the first failure of each rejects, because nothing can be made of the others without it. */
  strict: boolean;
  /** One that was late has come. */
  onTold: () => void;
  /** Called once for each that could not be told, until it can. */
  onTrouble: (id: string, err: unknown) => void;
  clock: Clock;
}

/** One that hangs, or fails, holds nobody up for whom the others are enough. */
export function createLookup<T>(options: LookupOptions<T>): Lookup<T> {
  const { ask, waitMs, strict, onTold, onTrouble, clock } = options;
  const known = new Map<string, T>();
  const underWay = new Map<string, Promise<void>>();
  const late = new Set<string>();
  const troubled = new Set<string>();

  async function askFor(id: string, signal?: AbortSignal): Promise<void> {
    try {
      const value = await ask(id, signal);
      if (value !== null) known.set(id, value);
      troubled.delete(id);
      if (late.delete(id) && value !== null) onTold();
    } catch (err) {
      late.add(id);
      if (!troubled.has(id) && !signal?.aborted) onTrouble(id, err);
      troubled.add(id);
      throw err;
    } finally {
      underWay.delete(id);
    }
  }

  return {
    async get(id, signal) {
      const there = known.get(id);
      if (there !== undefined) return there;
      const isFirst = !late.has(id);
      const asked = underWay.get(id) ?? askFor(id, signal);
      underWay.set(id, asked);
      if (!isFirst) {
        asked.catch(() => undefined);
        return undefined;
      }
      const over = new AbortController();
      const tooLate = clock.sleep(waitMs, over.signal).then(
        () => void late.add(id),
        () => undefined,
      );
      try {
        await Promise.race([strict ? asked : asked.catch(() => undefined), tooLate]);
      } finally {
        over.abort();
        asked.catch(() => undefined);
      }
      return known.get(id);
    },
    keepOnly(ids) {
      for (const one of [known, late, troubled])
        for (const id of one.keys()) if (!ids.has(id)) one.delete(id);
    },
  };
}

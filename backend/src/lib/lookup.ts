import type { Clock } from "./clock.ts";
import { within } from "./timing.ts";

/** Caches answers that never change, by ID. Retries only failed lookups. */
export interface Lookup<T> {
  /** Resolves to undefined while unknown. */
  get(id: string, signal?: AbortSignal): Promise<T | undefined>;
  /** Forgets all others. */
  keepOnly(ids: ReadonlySet<string>): void;
}

export interface LookupOptions<T> {
  /** Resolves with null when the item is gone. */
  ask: (id: string, signal?: AbortSignal) => Promise<T | null>;
  /** How long the first caller waits. Once a lookup was late or failed, later callers for that ID don't wait. Milliseconds. */
  waitMs: number;
  /** Whether an ID's first failure rejects, because its answer is required. */
  strict: boolean;
  /** Called when a late answer has arrived. */
  onLateAnswer: () => void;
  /** Called once per failing ID until it succeeds. */
  onTrouble: (id: string, err: unknown) => void;
  clock: Clock;
}

/** Creates a lookup. A hanging or failing query does not block callers that can do without it. */
export function createLookup<T>(options: LookupOptions<T>): Lookup<T> {
  const { ask, waitMs, strict, onLateAnswer, onTrouble, clock } = options;
  const known = new Map<string, T>();
  const underWay = new Map<string, Promise<void>>();
  const late = new Set<string>();
  const troubled = new Set<string>();

  async function askFor(id: string, signal?: AbortSignal): Promise<void> {
    try {
      const value = await ask(id, signal);
      if (value !== null) known.set(id, value);
      troubled.delete(id);
      if (late.delete(id) && value !== null) onLateAnswer();
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
      const cached = known.get(id);
      if (cached !== undefined) return cached;
      const isFirst = !late.has(id);
      const asked = underWay.get(id) ?? askFor(id, signal);
      underWay.set(id, asked);
      if (!isFirst) {
        asked.catch(() => undefined);
        return undefined;
      }
      const answered = (strict ? asked : asked.catch(() => undefined)).then(() => true);
      if (!(await within(answered, waitMs, { clock, otherwise: false }))) late.add(id);
      return known.get(id);
    },
    keepOnly(ids) {
      for (const collection of [known, late, troubled])
        for (const id of collection.keys()) if (!ids.has(id)) collection.delete(id);
    },
  };
}

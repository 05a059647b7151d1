import type { WorkloadId } from "@tailnet-share/contract/workload";
import { createStore, type Store } from "./store.ts";

/** A passing message; a newer one takes its place. */
export interface Info {
  readonly key: number;
  readonly text: string;
}

/** Stays until it is closed, or another one takes its place. */
export interface Failure extends Info {
  readonly cause: string;
  readonly hint: string;
}

/** Something that was taken away and can be brought back. */
export interface Removed {
  readonly id: WorkloadId;
  readonly name: string;
  /** Those that were closed, such as `9090 TCP`, while the rest stayed shared; empty where all of it was switched off. */
  readonly ports: readonly string[];
  /** `off`: all of it is switched off by now. */
  readonly bringBack: (off: boolean) => void;
}

/** Everything that was taken away lately, brought back as one. */
export interface Undo extends Info {
  readonly removed: readonly Removed[];
}

/** Each kind has a place of its own: a copied address takes away neither an error nor the way back. */
export interface Notices {
  readonly message: Store<Info | null>;
  readonly failure: Store<Failure | null>;
  readonly undo: Store<Undo | null>;
  info(text: string): void;
  error(text: string, cause: string, hint: string): void;
  /** `words` are said as long as nothing else can be undone too; null for the usual ones. */
  undoable(words: string | null, removed: readonly Removed[]): void;
  /** Somebody has decided anew about these, so undoing must leave them alone. */
  settled(ids: readonly WorkloadId[]): void;
  /** Brings everything back that can be. */
  undoAll(): void;
}

export function createNotices(): Notices {
  const message = createStore<Info | null>(null);
  const failure = createStore<Failure | null>(null);
  const undo = createStore<Undo | null>(null);
  let key = 0;
  return {
    message,
    failure,
    undo,
    info(text) {
      message.set({ key: ++key, text });
    },
    error(text, cause, hint) {
      failure.set({ key: ++key, text, cause, hint });
    },
    undoable(words, removed) {
      const earlier = new Map((undo.get()?.removed ?? []).map((one) => [one.id, one]));
      const now = removed.map((one) => withClosed(earlier.get(one.id), one));
      for (const { id } of removed) earlier.delete(id);
      const all = [...earlier.values(), ...now];
      const text = earlier.size === 0 && words !== null ? words : wordsOf(all);
      undo.set({ key: ++key, text, removed: all });
    },
    settled(ids) {
      const current = undo.get();
      const left = current?.removed.filter(({ id }) => !ids.includes(id)) ?? [];
      if (current === null || left.length === current.removed.length) return;
      undo.set(left.length === 0 ? null : { ...current, text: wordsOf(left), removed: left });
    },
    undoAll() {
      const current = undo.get();
      undo.set(null);
      for (const { ports, bringBack } of current?.removed ?? []) bringBack(ports.length === 0);
    },
  };
}

/** Ports that were closed just before come back too: what was shared then is what is brought back. */
function withClosed(earlier: Removed | undefined, now: Removed): Removed {
  if (earlier === undefined || earlier.ports.length === 0) return now;
  const ports = now.ports.length === 0 ? [] : [...earlier.ports, ...now.ports];
  return { ...now, ports, bringBack: earlier.bringBack };
}

function wordsOf(removed: readonly Removed[]): string {
  const [first] = removed;
  if (removed.length === 1 && first) return `${subjectOf(first)} no longer shared`;
  const asBefore = removed.some(({ ports }) => ports.length > 0) ? " as before" : "";
  return `${removed.length} containers are no longer shared${asBefore}`;
}

function subjectOf({ name, ports }: Removed): string {
  if (ports.length === 0) return `${name} is`;
  return ports.length === 1 ? `Port ${ports[0]} of ${name} is` : `${ports.length} ports of ${name} are`;
}

import type { WorkloadId } from "@tailnet-share/contract/workload";
import { createStore, type Store } from "./store.ts";

/** A temporary message, replaced by the next one. */
export interface Info {
  readonly key: number;
  readonly text: string;
}

/** Stays until the user closes it or another failure replaces it. */
export interface Failure extends Info {
  readonly cause: string;
  readonly hint: string;
}

/** Something that the user removed and can restore. */
export interface Removed {
  readonly id: WorkloadId;
  readonly name: string;
  /** The closed ports, such as `9090 TCP`, while the rest stays shared. Empty when the whole share was switched off. */
  readonly ports: readonly string[];
  /** `off`: the whole share is off by now. */
  readonly bringBack: (off: boolean) => void;
}

/** Groups every recent removal into one undo. */
export interface Undo extends Info {
  readonly removed: readonly Removed[];
}

/** Each kind has its own place, so a 'copied' message replaces neither an error nor an undo. */
export interface Notices {
  readonly message: Store<Info | null>;
  readonly failure: Store<Failure | null>;
  readonly undo: Store<Undo | null>;
  info(text: string): void;
  error(text: string, cause: string, hint: string): void;
  /** Shows `words` while nothing else can be undone. Pass null for the default words. */
  undoable(words: string | null, removed: readonly Removed[]): void;
  /** Excludes these workloads from undo, because the user has since changed them again. */
  settled(ids: readonly WorkloadId[]): void;
  /** Restores everything that can be restored. */
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
      const earlier = new Map((undo.get()?.removed ?? []).map((removal) => [removal.id, removal]));
      const now = removed.map((removal) => withClosed(earlier.get(removal.id), removal));
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

/** Merges ports that were closed just before, so that undo restores the share as it was before all of them. */
function withClosed(earlier: Removed | undefined, now: Removed): Removed {
  if (earlier === undefined || earlier.ports.length === 0) return now;
  const ports = now.ports.length === 0 ? [] : [...earlier.ports, ...now.ports];
  return { ...now, ports, bringBack: earlier.bringBack };
}

function wordsOf(removed: readonly Removed[]): string {
  const [first] = removed;
  if (removed.length === 1 && first) return `Stopped sharing ${objectOf(first)}`;
  const partly = removed.some(({ ports }) => ports.length > 0);
  return `Stopped sharing ${removed.length} containers${partly ? " or ports of them" : ""}`;
}

function objectOf({ name, ports }: Removed): string {
  if (ports.length === 0) return name;
  return ports.length === 1 ? `port ${ports[0]} of ${name}` : `${ports.length} ports of ${name}`;
}

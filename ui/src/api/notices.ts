import type { WorkloadId } from "@tailnet-share/contract/model";
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
  readonly bringBack: () => void;
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
  /** `words` are said as long as nothing else can be undone too. */
  undoable(words: string, removed: readonly Removed[]): void;
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
      const ids = new Set(removed.map(({ id }) => id));
      const before = (undo.get()?.removed ?? []).filter(({ id }) => !ids.has(id));
      const all = [...before, ...removed];
      undo.set({ key: ++key, text: before.length === 0 ? words : wordsOf(all), removed: all });
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
      for (const { bringBack } of current?.removed ?? []) bringBack();
    },
  };
}

function wordsOf(removed: readonly Removed[]): string {
  const [first] = removed;
  return removed.length === 1 && first
    ? `${first.name} is no longer shared`
    : `${removed.length} containers are no longer shared`;
}

import { createStore, type Store } from "./store.ts";

/** One passing message; a newer one takes its place. */
export type Notice =
  | { readonly kind: "info"; readonly key: number; readonly text: string }
  | { readonly kind: "undo"; readonly key: number; readonly text: string; readonly undo: () => void }
  | {
      readonly kind: "error";
      readonly key: number;
      readonly text: string;
      readonly cause: string;
      readonly hint: string;
    };

export interface Notices {
  readonly current: Store<Notice | null>;
  info(text: string): void;
  undoable(text: string, undo: () => void): void;
  error(text: string, cause: string, hint: string): void;
  dismiss(): void;
}

export function createNotices(): Notices {
  const current = createStore<Notice | null>(null);
  let key = 0;
  return {
    current,
    info(text) {
      current.set({ kind: "info", key: ++key, text });
    },
    undoable(text, undo) {
      current.set({ kind: "undo", key: ++key, text, undo });
    },
    error(text, cause, hint) {
      current.set({ kind: "error", key: ++key, text, cause, hint });
    },
    dismiss: () => current.set(null),
  };
}

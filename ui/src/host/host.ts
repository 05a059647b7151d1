import type { Clock } from "./clock.ts";
import type { HostWords } from "./words.ts";

export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  /** Timeout of the call, in milliseconds. */
  readonly limitMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Everything that the panel needs from its surroundings: Docker Desktop or a browser. */
export interface Host {
  readonly clock: Clock;
  /** Returns the answer's body, unwrapped but not yet parsed. Rejects with a `Problem`. */
  call(call: Call): Promise<unknown>;
  /** Opens a web address in the user's browser. Returns false when that is known to have failed. */
  openExternal(url: string): boolean;
  /** Resolves to false when the clipboard is unavailable. */
  copy(text: string): Promise<boolean>;
  save(fileName: string, text: string): void;
  /** Present when the host can show containers. Takes a full ID. Each resolves to false when the host refuses. */
  readonly containers: {
    list(): Promise<boolean>;
    view(id: string): Promise<boolean>;
    viewLogs(id: string): Promise<boolean>;
  } | null;
  readonly words: HostWords;
  /** Reads a small preference of this panel. Never a secret of the user. */
  recall(key: string): string | null;
  remember(key: string, value: string): void;
}

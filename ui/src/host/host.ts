import type { Clock } from "./clock.ts";

export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  /** Milliseconds after which the call counts as unanswered. */
  readonly limitMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Everything the panel wants from what surrounds it: Docker Desktop, or later a browser. */
export interface Host {
  readonly clock: Clock;
  /** The answer's body, unwrapped but not yet parsed. Rejects with a `Problem`. */
  call(call: Call): Promise<unknown>;
  /** Opens a web address in the user's browser; false when that is known to have failed. */
  openExternal(url: string): boolean;
  /** False when the clipboard is out of reach. */
  copy(text: string): Promise<boolean>;
  save(fileName: string, text: string): void;
  /** Where the host can show a container. Takes the full ID; false when the host would not. */
  readonly containers: {
    view(id: string): Promise<boolean>;
    viewLogs(id: string): Promise<boolean>;
  } | null;
  /** Small things the user set in this panel. Never a secret. */
  recall(key: string): string | null;
  remember(key: string, value: string): void;
}

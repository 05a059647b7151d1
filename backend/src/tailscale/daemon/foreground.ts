import { AppError } from "@tailnet-share/contract/errors";
import type { LocalApi } from "../localapi/localapi.ts";

/**
 * A session on tailscaled's bus. Serve config stored under its ID is active only while the session lasts, and never again
 * afterwards, even when tailscaled finds it in its state after a crash.
 * Source: `ipn/serve.go`, `ServeConfig.Foreground`; `ipn/ipnlocal/serve.go`, `reloadServeConfigLocked`.
 */
export interface ForegroundSession {
  readonly id: string;
  /** Returns whether it has ended, no matter which side ended it. */
  over(): boolean;
  close(): void;
}

/** Rejects as `watchBus` does. `signal` covers only the opening. Calls `onLost` when the session ends and we did not close it. */
export async function openForegroundSession(
  localApi: Pick<LocalApi, "watchBus">,
  onLost: () => void,
  signal?: AbortSignal,
): Promise<ForegroundSession> {
  const ending = new AbortController();
  const giveUp = () => ending.abort();
  signal?.addEventListener("abort", giveUp);
  const bus = localApi.watchBus(ending.signal)[Symbol.asyncIterator]();
  try {
    const first = await bus.next();
    const id = first.done === true ? null : first.value.SessionID;
    if (id === null || id === undefined) {
      throw new AppError(
        "TAILSCALED_DOWN",
        "tailscaled ended a session at its start.",
        "Retrying automatically.",
      );
    }
    let isOver = false;
    const finish = () => {
      if (isOver) return;
      isOver = true;
      onLost();
    };
    // Keep reading: tailscaled ends a session whose listener falls behind.
    const drain = async () => {
      for (;;) if ((await bus.next()).done === true) return;
    };
    drain().then(finish, finish);
    return {
      id,
      over: () => isOver,
      close() {
        isOver = true;
        ending.abort();
      },
    };
  } catch (error) {
    ending.abort();
    throw error;
  } finally {
    signal?.removeEventListener("abort", giveUp);
  }
}

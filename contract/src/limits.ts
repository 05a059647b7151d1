/** How long a change waits to take effect before it is answered. */
export const SETTLE_MS = 1_000;

/** Docker Desktop's bridge to the backend ends requests that last longer than this and a little. */
export const LONG_POLL_MS = 20_000;

export const MAX_BODY_BYTES = 64 * 1024;

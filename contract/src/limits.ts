/** How long a change waits to take effect before it is answered. Milliseconds. */
export const SETTLE_MS = 1_000;

/** Longest wait of a long poll: Docker Desktop's bridge to the backend ends requests that last a little longer than this. Milliseconds. */
export const LONG_POLL_MS = 20_000;

export const MAX_BODY_BYTES = 64 * 1024;

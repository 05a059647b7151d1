import type { Clock } from "./clock.ts";

/** Pauses before each further try. Milliseconds. */
const PAUSES_MS = [250, 1_000, 3_000];

/**
 * Loads a part of the panel, and tries again when that fails: Chromium drops what it is loading when a network of the computer changes, as
 * with each container that starts. Rejects as the last try does.
 */
export async function loaded<Part>(load: () => Promise<Part>, clock: Pick<Clock, "after">): Promise<Part> {
  for (const pauseMs of PAUSES_MS) {
    try {
      return await load();
    } catch {
      await new Promise<void>((resolve) => void clock.after(pauseMs, resolve));
    }
  }
  return await load();
}

import { createHash, randomBytes } from "node:crypto";
import type { Clock } from "../../lib/clock.ts";

/** Codes of links that open one session each. */
export interface OneTimeCodes {
  /** Returns a code of 128 bits. */
  make(): string;
  /** Returns whether the code opens a session, and uses it up. */
  take(code: string): boolean;
}

/** Milliseconds. */
const VALID_MS = 10 * 60_000;
/** Making another code uses up the oldest. */
const MOST = 10;

export function createOneTimeCodes(clock: Pick<Clock, "monotonic">): OneTimeCodes {
  /** When each code was made, by its digest, the oldest first. */
  const made = new Map<string, number>();
  return {
    make() {
      const code = randomBytes(16).toString("base64url");
      made.set(digestOf(code), clock.monotonic());
      const [oldest] = made.keys();
      if (made.size > MOST && oldest !== undefined) made.delete(oldest);
      return code;
    },
    take(code) {
      const key = digestOf(code);
      const at = made.get(key);
      made.delete(key);
      return at !== undefined && clock.monotonic() - at < VALID_MS;
    },
  };
}

function digestOf(code: string): string {
  return createHash("sha256").update(code).digest("base64");
}

import { createHash, randomBytes } from "node:crypto";
import type { You } from "@tailnet-share/contract/session";
import type { Clock } from "../../lib/clock.ts";

/** Both halves of a session's proof, 256 bits each. See `PANEL_HEADER` for why there are two. */
export interface SessionProof {
  /** Goes into a cookie. */
  readonly token: string;
  /** Goes into the storage of the panel's origin. */
  readonly key: string;
}

/** Sessions of browsers. In memory only, so a restart of the backend ends all. */
export interface Sessions {
  open(you: You): SessionProof;
  /** Returns whose session it is and prolongs it; null if there is none or its time is over. */
  find(proof: SessionProof): You | null;
  end(proof: SessionProof): void;
  endAll(): void;
}

/** A session ends after this time without a request. Milliseconds. */
export const IDLE_MS = 12 * 3_600_000;
/** Opening another one ends the one that was idle for longest. */
const MOST = 100;

export function createSessions(clock: Pick<Clock, "monotonic">): Sessions {
  /** By the proof's digest, so that neither memory dumps nor timing reveal a proof. The longest idle one is first. */
  const sessions = new Map<string, { you: You; usedAt: number }>();

  function put(digest: string, you: You): void {
    sessions.delete(digest);
    sessions.set(digest, { you, usedAt: clock.monotonic() });
  }

  return {
    open(you) {
      const proof = {
        token: randomBytes(32).toString("base64url"),
        key: randomBytes(32).toString("base64url"),
      };
      put(digestOf(proof), you);
      const [longestIdle] = sessions.keys();
      if (sessions.size > MOST && longestIdle !== undefined) sessions.delete(longestIdle);
      return proof;
    },
    find(proof) {
      const digest = digestOf(proof);
      const found = sessions.get(digest);
      if (found === undefined) return null;
      if (clock.monotonic() - found.usedAt >= IDLE_MS) {
        sessions.delete(digest);
        return null;
      }
      put(digest, found.you);
      return found.you;
    },
    end: (proof) => void sessions.delete(digestOf(proof)),
    endAll: () => sessions.clear(),
  };
}

function digestOf({ token, key }: SessionProof): string {
  // Neither half contains the separator.
  return createHash("sha256").update(`${token}.${key}`).digest("base64");
}

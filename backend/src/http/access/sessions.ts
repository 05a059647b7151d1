import { createHash, randomBytes } from "node:crypto";
import type { Clock } from "../../lib/clock.ts";

/** What a browser may do: `view` reads and tests connections, `edit` also changes. */
export type Role = "view" | "edit";

export interface Session {
  readonly role: Role;
  /** Who opened it, for the log: the door and, if known, the user. */
  readonly by: string;
}

/** Sessions of browsers. In memory only, so a restart of the backend ends all. */
export interface Sessions {
  /** Returns the session's token, 256 bits. */
  open(session: Session): string;
  /** Returns the session of a token and prolongs it; null if there is none or its time is over. */
  find(token: string): Session | null;
  end(token: string): void;
  endAll(): void;
}

/** A session ends after this time without a request. Milliseconds. */
const IDLE_MS = 12 * 3_600_000;
/** Opening another one ends the one that was idle for longest. */
const MOST = 100;

export function createSessions(clock: Pick<Clock, "monotonic">): Sessions {
  /** By the token's digest, so that neither memory dumps nor timing reveal a token. The longest idle one is first. */
  const sessions = new Map<string, { session: Session; usedAt: number }>();

  function put(key: string, session: Session): void {
    sessions.delete(key);
    sessions.set(key, { session, usedAt: clock.monotonic() });
  }

  return {
    open(session) {
      const token = randomBytes(32).toString("base64url");
      put(digestOf(token), session);
      const [longestIdle] = sessions.keys();
      if (sessions.size > MOST && longestIdle !== undefined) sessions.delete(longestIdle);
      return token;
    },
    find(token) {
      const key = digestOf(token);
      const found = sessions.get(key);
      if (found === undefined) return null;
      if (clock.monotonic() - found.usedAt < IDLE_MS) put(key, found.session);
      else sessions.delete(key);
      return sessions.get(key)?.session ?? null;
    },
    end: (token) => void sessions.delete(digestOf(token)),
    endAll: () => sessions.clear(),
  };
}

function digestOf(token: string): string {
  return createHash("sha256").update(token).digest("base64");
}

import { beforeEach, describe, expect, it } from "vitest";
import { createSessions, type Sessions } from "./sessions.ts";

const HOUR_MS = 3_600_000;
const ANNA = { role: "edit", by: "link" } as const;

describe("a browser's session", () => {
  let now: number;
  let sessions: Sessions;
  beforeEach(() => {
    now = 5;
    sessions = createSessions({ monotonic: () => now });
  });

  it("is found by its token only", () => {
    const token = sessions.open(ANNA);
    expect(Buffer.from(token, "base64url")).toHaveLength(32);
    expect(sessions.find(token)).toEqual(ANNA);
    for (const other of ["", token.slice(1), `${token}x`, sessions.open({ role: "view", by: "tailnet" })])
      expect(sessions.find(other)).not.toEqual(ANNA);
  });

  it("ends twelve hours after its last request", () => {
    const token = sessions.open(ANNA);
    for (let hours = 0; hours < 30; hours += 10) {
      now += 10 * HOUR_MS;
      expect(sessions.find(token)).toEqual(ANNA);
    }
    now += 12 * HOUR_MS;
    expect(sessions.find(token)).toBeNull();
    now -= 5 * HOUR_MS;
    expect(sessions.find(token), "once ended, it stays so").toBeNull();
  });

  it("ends by itself or with all others", () => {
    const [one, two, three] = [sessions.open(ANNA), sessions.open(ANNA), sessions.open(ANNA)];
    sessions.end(one);
    expect([one, two, three].map((token) => sessions.find(token))).toEqual([null, ANNA, ANNA]);
    sessions.endAll();
    expect([two, three].map((token) => sessions.find(token))).toEqual([null, null]);
  });

  it("ends when it was idle for longest and there are too many", () => {
    const first = sessions.open(ANNA);
    const second = sessions.open(ANNA);
    for (let count = 2; count < 100; count += 1) sessions.open(ANNA);
    expect(sessions.find(first)).toEqual(ANNA);
    sessions.open(ANNA);
    expect(sessions.find(second)).toBeNull();
    expect(sessions.find(first)).toEqual(ANNA);
  });
});

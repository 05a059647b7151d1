import type { You } from "@tailnet-share/contract/session";
import { beforeEach, describe, expect, it } from "vitest";
import { createSessions, type Sessions } from "./sessions.ts";

const HOUR_MS = 3_600_000;
const ANNA: You = { name: "anna", role: "edit", door: "link" };

describe("a browser's session", () => {
  let now: number;
  let sessions: Sessions;
  beforeEach(() => {
    now = 5;
    sessions = createSessions({ monotonic: () => now });
  });

  it("is found by both halves of its proof only [S153]", () => {
    const proof = sessions.open(ANNA);
    for (const half of [proof.token, proof.key]) expect(Buffer.from(half, "base64url")).toHaveLength(32);
    expect(sessions.find(proof)).toEqual(ANNA);
    const { token, key } = proof;
    const other = sessions.open({ name: "ben", role: "view", door: "tailnet" });
    const wrong = [
      { token, key: "" },
      { token: "", key },
      { token: key, key: token },
      { token, key: other.key },
      { token: other.token, key },
      { token: token.slice(1), key },
      { token: `${token}.${key}`, key: "" },
    ];
    for (const proof of wrong) expect(sessions.find(proof)).toBeNull();
  });

  it("ends twelve hours after its last request", () => {
    const proof = sessions.open(ANNA);
    for (let hours = 0; hours < 30; hours += 10) {
      now += 10 * HOUR_MS;
      expect(sessions.find(proof)).toEqual(ANNA);
    }
    now += 12 * HOUR_MS;
    expect(sessions.find(proof)).toBeNull();
    now -= 5 * HOUR_MS;
    expect(sessions.find(proof), "once ended, it stays so").toBeNull();
  });

  it("can be ended alone or with all others", () => {
    const [one, two, three] = [sessions.open(ANNA), sessions.open(ANNA), sessions.open(ANNA)];
    sessions.end(one);
    expect([one, two, three].map((proof) => sessions.find(proof))).toEqual([null, ANNA, ANNA]);
    sessions.endAll();
    expect([two, three].map((proof) => sessions.find(proof))).toEqual([null, null]);
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

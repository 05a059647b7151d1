import { PutShare } from "@tailnet-share/contract/share";
import { describe, expect, it } from "vitest";
import { endWords, endWordsHold, fromField, inHours, proposedEnd, sinceWords, toField } from "./end-time.ts";

/** Local time, because users read local clocks. */
const at = (day: number, hour: number, minute = 0) => new Date(2026, 2, day, hour, minute).getTime();
const iso = (time: number) => new Date(time).toISOString();
const NOW = at(1, 12);

describe("since when something is so", () => {
  it("is said by the calendar", () => {
    expect(sinceWords(iso(at(1, 9, 5)), NOW)).toBe("since 09:05");
    expect(sinceWords(iso(new Date(2026, 1, 28, 23, 59).getTime()), NOW)).toBe("since yesterday at 23:59");
    expect(sinceWords(iso(new Date(2026, 1, 3, 8).getTime()), NOW)).toBe("since 3 Feb at 08:00");
    expect(sinceWords("then", NOW)).toBe("");
  });
});

describe("when a share ends", () => {
  it("is said as one would say it", () => {
    expect(endWords(iso(at(1, 14, 30)), NOW)).toBe("Stops at 14:30");
    expect(endWords(iso(at(2, 9)), NOW)).toBe("Stops tomorrow at 09:00");
    expect(endWords(iso(at(3, 0)), NOW)).toBe("Stops on 3 Mar at 00:00");
    expect(endWords(iso(new Date(2027, 0, 2, 8).getTime()), NOW)).toBe("Stops on 2 Jan 2027 at 08:00");
  });

  it("is tomorrow by the calendar, not after 24 hours", () => {
    expect(endWords(iso(at(2, 0, 5)), at(1, 23, 55))).toBe("Stops tomorrow at 00:05");
    expect(endWords(iso(at(2, 23, 55)), at(1, 0, 5))).toBe("Stops tomorrow at 23:55");
  });

  it("is not said of a share that goes on", () => {
    expect(endWords(null, NOW)).toBeNull();
    expect(endWords("some day", NOW)).toBeNull();
  });

  it("is a moment away when its time has come and the backend has not stopped it yet", () => {
    expect(endWords(iso(NOW), NOW)).toBe("Stopping…");
  });

  it("is said anew at midnight and at the end", () => {
    const tonight = endWordsHold(iso(at(2, 9)), at(1, 23)) ?? 0;
    expect(endWords(iso(at(2, 9)), at(1, 23) + tonight)).toBe("Stops at 09:00");
    const last = endWordsHold(iso(at(1, 13)), NOW) ?? 0;
    expect(endWords(iso(at(1, 13)), NOW + last)).toBe("Stopping…");
    expect(endWordsHold(iso(NOW), NOW)).toBeNull();
    expect(endWordsHold(null, NOW)).toBeNull();
  });
});

describe("a time to end at", () => {
  it("counts from now", () => {
    expect(Date.parse(inHours(8, NOW))).toBe(at(1, 20));
    expect(PutShare.safeParse({ until: inHours(1, NOW) }).success).toBe(true);
  });

  it("comes out of the field as it went in", () => {
    expect(toField(at(4, 9, 5))).toBe("2026-03-04T09:05");
    expect(fromField("2026-03-04T09:05", NOW)).toBe(iso(at(4, 9, 5)));
  });

  it("is none when it is over, half typed or nothing", () => {
    for (const text of [toField(NOW), toField(at(1, 11)), "2026-03", "", "soon"])
      expect(fromField(text, NOW)).toBeNull();
  });

  it("is proposed on the full hour, at least an hour from now", () => {
    expect(proposedEnd(at(1, 12, 1))).toBe(at(1, 14));
    expect(proposedEnd(at(1, 12))).toBe(at(1, 13));
  });
});

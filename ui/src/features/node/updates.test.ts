import type { Update } from "@tailnet-share/contract/node";
import { describe, expect, it } from "vitest";
import { DESKTOP_WORDS } from "../../host/words.ts";
import { dismiss, openUpdates, parseDismissed, updateWords } from "./updates.ts";

const wordsOf = (input: Update) => updateWords(input, DESKTOP_WORDS);

const update = (input: Partial<Update> = {}): Update => ({
  part: "tailscale",
  running: "1.92.3",
  latest: "1.94.0",
  security: false,
  bulletin: "",
  ...input,
});

describe("a newer release", () => {
  it("is told with both versions and what to do", () => {
    const { message, hint } = wordsOf(update());
    expect(message).toBe("Tailscale 1.94.0 is available. The bundled version is 1.92.3.");
    expect(hint).toContain("docker extension update");
  });

  it("a release that fixes a security fault says so", () => {
    expect(wordsOf(update({ security: true })).message).toBe(
      "Security update: the bundled Tailscale 1.92.3 is affected by a known vulnerability, fixed in 1.94.0.",
    );
  });

  it("a release that fixes a known fault names its bulletin and says what to do about the version chosen for machines", () => {
    const words = wordsOf(
      update({
        part: "machines",
        running: "1.80",
        latest: "1.98.9",
        security: true,
        bulletin: "TS-2026-010",
      }),
    );
    expect(words.message).toBe(
      "Security update: your machines' Tailscale 1.80 is affected by TS-2026-010, fixed in 1.98.9.",
    );
    expect(words.hint).toMatch(/^Choose a newer version in Settings/);
  });

  it("of which only the fact is known is told all the same", () => {
    expect(wordsOf(update({ latest: "" })).message).toBe(
      "A newer release is available. The bundled version is 1.92.3.",
    );
  });
});

describe("what was dismissed", () => {
  it("stays away, and the next release is told again", () => {
    const dismissed = dismiss([], wordsOf(update()).key);
    expect(openUpdates([update()], dismissed, DESKTOP_WORDS)).toEqual([]);
    expect(openUpdates([update({ latest: "1.96.0" })], dismissed, DESKTOP_WORDS)).toHaveLength(1);
  });

  it("is told again when its security fault becomes known", () => {
    const dismissed = dismiss([], wordsOf(update()).key);
    expect(openUpdates([update({ security: true })], dismissed, DESKTOP_WORDS)).toHaveLength(1);
  });

  it("is told again when the running version changes and the latest is not known", () => {
    const dismissed = dismiss([], wordsOf(update({ latest: "" })).key);
    expect(openUpdates([update({ latest: "", running: "1.94.0" })], dismissed, DESKTOP_WORDS)).toHaveLength(
      1,
    );
  });

  it("is read from what is stored, and from nothing else", () => {
    expect(parseDismissed('["tailscale 1.94.0"]')).toEqual(["tailscale 1.94.0"]);
    for (const stored of [null, "{", "{}", "7"]) expect(parseDismissed(stored)).toEqual([]);
    expect(parseDismissed('[1, "a"]')).toEqual(["a"]);
  });

  it("does not grow for good", () => {
    let dismissed: readonly string[] = [];
    for (let index = 0; index < 100; index += 1) dismissed = dismiss(dismissed, `tailscale ${index}`);
    expect(dismissed).toHaveLength(20);
    expect(dismissed.at(-1)).toBe("tailscale 99");
  });
});

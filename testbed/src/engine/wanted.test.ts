import { describe, expect, it } from "vitest";
import { engineNamed, wantedEngine } from "./wanted.ts";

describe("the engine that is asked for", () => {
  it.each([undefined, ""])("is any, where TESTBED_ENGINE is %j", (wanted) => {
    expect(wantedEngine({ TESTBED_ENGINE: wanted })).toBeNull();
  });

  it.each(["debian", "debian-2", "current"])("is the one that TESTBED_ENGINE names: %s", (name) => {
    expect(wantedEngine({ TESTBED_ENGINE: name })).toBe(name);
  });

  it("is refused with the names that there are", () => {
    expect(() => wantedEngine({ TESTBED_ENGINE: "podman" })).toThrow(
      "TESTBED_ENGINE says 'podman'. There are: debian, debian-2, current.",
    );
    expect(() => engineNamed("Debian", "--only")).toThrow("--only says 'Debian'");
  });
});

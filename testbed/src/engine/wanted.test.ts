import { describe, expect, it } from "vitest";
import { assertApiVersion, engineNamed, wantedEngine } from "./wanted.ts";

describe("the requested engine", () => {
  it.each([undefined, ""])("is any when TESTBED_ENGINE is %j", (wanted) => {
    expect(wantedEngine({ TESTBED_ENGINE: wanted })).toBeNull();
  });

  it.each(["debian", "debian-2", "current", "userns", "rootless", "podman-5.4", "podman-4.3"])(
    "is the one that TESTBED_ENGINE names: %s",
    (name) => {
      expect(wantedEngine({ TESTBED_ENGINE: name })).toBe(name);
    },
  );

  it("is refused with the existing names", () => {
    expect(() => wantedEngine({ TESTBED_ENGINE: "podman" })).toThrow(
      "TESTBED_ENGINE says 'podman'. There are: debian, debian-2, current, userns, rootless, podman-5.4, podman-4.3.",
    );
    expect(() => engineNamed("Debian", "--only")).toThrow("--only says 'Debian'");
  });
});

describe("the API version of the test bed's own engine", () => {
  it("is the one that the engine exists for", () => {
    expect(() => assertApiVersion("debian", "1.41")).not.toThrow();
    expect(() => assertApiVersion("current", "1.56")).not.toThrow();
  });

  it("fails the specs otherwise, because they would prove nothing", () => {
    expect(() => assertApiVersion("current", "1.41")).toThrow(
      "the engine 'current' speaks API 1.41, and is there to be tested with 1.56",
    );
    expect(() => assertApiVersion("debian", "1.43")).toThrow("is there to be tested with 1.41");
  });
});

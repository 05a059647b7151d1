import { describe, expect, it } from "vitest";
import { parseEngineArgs } from "./test-engines-command.ts";

describe("which engines are tested", () => {
  it("are all, Debian's first, unless one is named", () => {
    const engines = ["debian", "current", "podman-5.4", "podman-4.3"];
    expect(parseEngineArgs([])).toEqual({ engines, filters: [] });
  });

  it.each([
    [["--only", "current", "share"]],
    [["--only=current", "share"]],
    [["share", "--only", "current"]],
  ])("are given by name, and other words go to Vitest: %j", (args) => {
    expect(parseEngineArgs(args)).toEqual({ engines: ["current"], filters: ["share"] });
  });

  it.each([[["--only"]], [["--only", "podman"]], [["--only="]]])("cannot be unknown: %j", (args) => {
    expect(() => parseEngineArgs(args)).toThrow(
      "There are: debian, debian-2, current, userns, rootless, podman-5.4, podman-4.3.",
    );
  });
});

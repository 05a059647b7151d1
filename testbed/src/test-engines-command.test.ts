import { describe, expect, it } from "vitest";
import { parseEngineArgs } from "./test-engines-command.ts";

describe("which engines are tested", () => {
  it("both, Debian's first, unless one is named", () => {
    expect(parseEngineArgs([])).toEqual({ engines: ["debian", "current"], filters: [] });
  });

  it.each([
    [["--only", "current", "share"]],
    [["--only=current", "share"]],
    [["share", "--only", "current"]],
  ])("takes an engine by name, and passes the other words to Vitest: %j", (args) => {
    expect(parseEngineArgs(args)).toEqual({ engines: ["current"], filters: ["share"] });
  });

  it.each([[["--only"]], [["--only", "podman"]], [["--only="]]])("none that there is not: %j", (args) => {
    expect(() => parseEngineArgs(args)).toThrow("There are: debian, debian-2, current, userns, rootless.");
  });
});

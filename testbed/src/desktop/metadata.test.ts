import { describe, expect, it } from "vitest";
import { metadataProblems } from "./metadata.ts";

const VALID = {
  icon: "icon.svg",
  vm: { composefile: "docker-compose.yaml", exposes: { socket: "backend.sock" } },
  ui: {
    "dashboard-tab": { title: "T", root: "/ui", src: "index.html", backend: { socket: "backend.sock" } },
  },
};
const problems = (value: unknown): readonly string[] => metadataProblems(JSON.stringify(value));

describe("metadata.json", () => {
  it("is accepted when it has what Docker Desktop reads", () => {
    expect(problems(VALID)).toEqual([]);
  });

  it("is refused with comments", () => {
    expect(metadataProblems(`// mine\n${JSON.stringify(VALID)}`)).toHaveLength(1);
  });

  it.each([
    ["a root key that is not in the schema", { ...VALID, version: "1" }, /version/],
    ["no icon", { vm: VALID.vm, ui: VALID.ui }, /icon/],
    ["both an image and a compose file", { ...VALID, vm: { ...VALID.vm, image: "x" } }, /exactly one/],
    [
      "a socket that is a path",
      { ...VALID, vm: { ...VALID.vm, exposes: { socket: "/run/x.sock" } } },
      /file name/,
    ],
    [
      "a tab that talks to another socket",
      { ...VALID, vm: { ...VALID.vm, exposes: { socket: "other.sock" } } },
      /talks to the socket/,
    ],
  ])("is refused with %s", (_, metadata, message) => {
    expect(problems(metadata).join("\n")).toMatch(message);
  });
});

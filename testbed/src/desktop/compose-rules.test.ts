import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { composeProblems } from "./compose-rules.ts";

// biome-ignore lint/suspicious/noTemplateCurlyInString: what the file must say literally.
const IMAGE = "${DESKTOP_PLUGIN_IMAGE}";
const BACKEND = {
  image: IMAGE,
  restart: "unless-stopped",
  cap_add: ["NET_ADMIN", "NET_RAW"],
  volumes: ["/var/run/docker.sock.raw:/var/run/docker.sock", "state:/var/lib/x"],
};
const problems = (backend: object, rest: object = { volumes: { state: null } }): readonly string[] =>
  composeProblems(stringify({ services: { backend }, ...rest }));

describe("the compose file", () => {
  it("is accepted when the backend comes first and asks for little", () => {
    expect(problems(BACKEND)).toEqual([]);
  });

  it.each([
    ["another image", { ...BACKEND, image: "tailnet-share:dev" }, /literally/],
    ["privileges", { ...BACKEND, privileged: true }, /privileged/],
    ["a name", { ...BACKEND, container_name: "x" }, /container_name/],
    ["published ports", { ...BACKEND, ports: ["80:80"] }, /ports/],
    ["the machine's own network", { ...BACKEND, network_mode: "host" }, /network_mode/],
    ["one run only", { ...BACKEND, restart: "no" }, /unless-stopped/],
    ["a capability too many", { ...BACKEND, cap_add: ["SYS_ADMIN"] }, /SYS_ADMIN/],
    ["a folder of the machine", { ...BACKEND, volumes: ["/:/host"] }, /mounts \//],
    ["the socket of a plain engine", { ...BACKEND, volumes: ["/var/run/docker.sock:/s"] }, /docker\.sock/],
    ["a volume that is not declared", { ...BACKEND, volumes: ["other:/x"] }, /not declared/],
  ])("is refused with %s", (_, backend, message) => {
    expect(problems(backend).join("\n")).toMatch(message);
  });

  it("is refused when it is not YAML or has no services", () => {
    expect(composeProblems("services: [")).toHaveLength(1);
    expect(composeProblems("services: {}")).toHaveLength(1);
  });
});

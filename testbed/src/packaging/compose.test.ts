import { expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { BackendFlags, backendIn, read } from "./backend-service.testing.ts";
import { withSecret } from "./compose-secret.ts";

const Compose = z.looseObject({
  services: z.strictObject({
    backend: z.looseObject({
      tmpfs: z.array(z.string()),
      volumes: z.array(z.string()),
      environment: z.record(z.string(), z.string()),
    }),
  }),
});
const composeIn = (path: string) => Compose.parse(parse(read(path)));

const desktop = composeIn("docker-compose.yaml");
const linux = composeIn("packaging/linux/compose.yaml");

it("the compose file for a plain engine is the extension's, with these differences and no others", () => {
  const { image: _, environment: __, ...shared } = desktop.services.backend;
  const { image, environment, ...plain } = linux.services.backend;
  const volumes = shared.volumes.map((volume) =>
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what the file must say literally.
    volume.replace("/var/run/docker.sock.raw:", "${DOCKER_SOCKET:-/var/run/docker.sock}:"),
  );
  expect(plain).toEqual({
    ...shared,
    volumes,
    // The extension's host mounts the folder of the API's socket.
    tmpfs: [...shared.tmpfs, "/run/guest-services"],
    container_name: "tailnet-share",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what the file must say literally.
    ports: ["127.0.0.1:${TAILNET_SHARE_PORT:-4180}:4180"],
  });
  const { services: ___, ...around } = desktop;
  const { services: ____, ...aroundPlain } = linux;
  expect(aroundPlain).toEqual({ ...around, volumes: { state: { name: "tailnet-share-state" } } });
  expect(image).toMatch(/^\$\{TAILNET_SHARE_IMAGE:-tailnet-share:/);
  expect(Object.entries(environment).filter(([name]) => !name.startsWith("TS_"))).toEqual([
    ["TAILNET_SHARE_PANEL", "on"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what the file must say literally.
    ["TAILNET_SHARE_PANEL_URL", "http://127.0.0.1:${TAILNET_SHARE_PORT:-4180}"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what the file says
    ["TAILNET_SHARE_PANEL_ON_TAILNET", "${TAILNET_SHARE_PANEL_ON_TAILNET:-}"],
  ]);
});

it("the compose file for a plain engine holds no secret, and names the release's image", () => {
  for (const [name, value] of Object.entries(linux.services.backend.environment))
    if (name.startsWith("TS_")) expect(value).toBe(`\${${name}:-}`);
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(read("package.json")));
  expect(linux.services.backend.image).toBe(`\${TAILNET_SHARE_IMAGE:-tailnet-share:${version}}`);
});

it("the secret that the compose file describes is one, once its comments are removed", () => {
  const text = withSecret(read("packaging/linux/compose.yaml"));
  const { secrets, services } = z
    .looseObject({
      secrets: z.record(z.string(), z.object({ file: z.string() })),
      services: z.object({
        backend: z.object({ secrets: z.array(z.string()), environment: z.record(z.string(), z.string()) }),
      }),
    })
    .parse(parse(text));
  expect(services.backend.secrets).toEqual(Object.keys(secrets));
  expect(services.backend.environment.TS_AUTHKEY_FILE).toBe(`/run/secrets/${services.backend.secrets[0]}`);
});

/** The flags of a `docker run` line, with lists as compose files have them. */
function flagsOf(line: string): Record<string, string[]> {
  const words = line.replaceAll("\\\n", " ").trim().split(/\s+/).slice(2);
  const flags: Record<string, string[]> = {};
  for (let at = 0; at < words.length; at += 1) {
    const [, name, value] = /^--?([\w-]+)(?:=(.*))?$/.exec(words[at] ?? "") ?? [];
    if (name === undefined) continue;
    const isSwitch = ["d", "init", "read-only"].includes(name);
    if (value === undefined && !isSwitch) at += 1;
    flags[name] = [...(flags[name] ?? []), value ?? (isSwitch ? "true" : (words[at] ?? ""))];
  }
  return flags;
}

it("the 'docker run' line in the documentation says the same as the compose file", () => {
  const line = /^docker run -d[\s\S]*?[^\\]$/m.exec(read("docs/linux.md"))?.[0] ?? "";
  const backend = backendIn("packaging/linux/compose.yaml", BackendFlags.extend({ restart: z.string() }));
  expect(flagsOf(line)).toEqual({
    d: ["true"],
    init: ["true"],
    "read-only": ["true"],
    name: ["tailnet-share"],
    network: ["0-tailnet-share"],
    restart: [backend.restart],
    "stop-timeout": [backend.stop_grace_period.replace("s", "")],
    "cap-drop": backend.cap_drop,
    "cap-add": backend.cap_add,
    "security-opt": backend.security_opt,
    device: backend.devices.map((device) => device.split(":")[0]),
    tmpfs: backend.tmpfs,
    sysctl: Object.entries(backend.sysctls).map(([name, value]) => `${name}=${value}`),
    memory: [backend.mem_limit],
    "pids-limit": [String(backend.pids_limit)],
    "log-driver": ["json-file"],
    "log-opt": ["max-size=2m", "max-file=2"],
    p: ["127.0.0.1:4180:4180"],
    e: ["TAILNET_SHARE_PANEL=on"],
    v: ["/var/run/docker.sock:/var/run/docker.sock", "tailnet-share-state:/var/lib/tailnet-share"],
  });
});

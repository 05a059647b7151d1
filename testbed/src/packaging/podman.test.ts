import { expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { BackendFlags, backendIn, read } from "./backend-service.testing.ts";
import { parseUnit, podmanCompose } from "./podman.ts";

const FOLDER = "packaging/podman/";

const backend = backendIn(
  `${FOLDER}compose.yaml`,
  BackendFlags.extend({
    image: z.string(),
    container_name: z.string(),
    ports: z.array(z.string()),
    environment: z.record(z.string(), z.string()),
    volumes: z.array(z.string()),
  }),
);
const { networks, volumes } = z
  .object({
    networks: z.object({ default: z.object({ name: z.string() }) }),
    volumes: z.object({ state: z.object({ name: z.string() }) }),
  })
  .parse(parse(read(`${FOLDER}compose.yaml`)));

/** A value as it is without the user's variables. */
const plain = (text: string): string => text.replaceAll(/\$\{\w+:-([^}]*)\}/g, "$1");

it("the compose file for Podman is the one for a plain engine, with these differences and no others", () => {
  const linux = read("packaging/linux/compose.yaml");
  expect(read(`${FOLDER}compose.yaml`)).toBe(podmanCompose(linux));
  const { services: other } = z
    .object({ services: z.object({ backend: z.record(z.string(), z.unknown()) }) })
    .parse(parse(linux));
  const changed = Object.entries(backend).filter(
    ([key, value]) => JSON.stringify(other.backend[key]) !== JSON.stringify(value),
  );
  expect(Object.fromEntries(changed)).toEqual({
    image: expect.stringContaining(":-localhost/tailnet-share:"),
    security_opt: ["no-new-privileges:true", "label=disable"],
    volumes: [
      // biome-ignore lint/suspicious/noTemplateCurlyInString: what the file must say literally.
      "${DOCKER_SOCKET:-/run/podman/podman.sock}:/var/run/docker.sock",
      "state:/var/lib/tailnet-share",
    ],
  });
});

it("the unit says the same as the compose file, and nothing else", () => {
  expect(parseUnit(read(`${FOLDER}tailnet-share.container`)).Container).toEqual({
    Image: [plain(backend.image)],
    ContainerName: [backend.container_name],
    Network: ["tailnet-share.network"],
    RunInit: ["true"],
    StopTimeout: [backend.stop_grace_period.replace("s", "")],
    DropCapability: [backend.cap_drop.join(" ")],
    AddCapability: [backend.cap_add.join(" ")],
    NoNewPrivileges: ["true"],
    SecurityLabelDisable: ["true"],
    ReadOnly: ["true"],
    // Not Podman's own folders, but the compose file's.
    ReadOnlyTmpfs: ["false"],
    Tmpfs: backend.tmpfs,
    AddDevice: backend.devices,
    Sysctl: Object.entries(backend.sysctls).map(([name, value]) => `${name}=${value}`),
    PidsLimit: [String(backend.pids_limit)],
    PodmanArgs: [`--memory=${backend.mem_limit}`],
    PublishPort: backend.ports.map(plain),
    Environment: Object.entries(backend.environment)
      // Only what is on by default: other variables are added by hand.
      .filter(([name, value]) => !name.startsWith("TS_") && plain(value) !== "")
      .map(([name, value]) => `${name}=${plain(value)}`),
    Volume: [
      // `%t` is /run, or the user's runtime folder.
      ...backend.volumes.slice(0, 1).map((volume) => plain(volume).replace(/^\/run\//, "%t/")),
      "tailnet-share-state.volume:/var/lib/tailnet-share",
    ],
  });
});

it("the unit's network and volume have the compose file's names", () => {
  expect(parseUnit(read(`${FOLDER}tailnet-share.network`))).toEqual({
    Network: { NetworkName: [networks.default.name] },
  });
  expect(parseUnit(read(`${FOLDER}tailnet-share-state.volume`))).toEqual({
    Volume: { VolumeName: [volumes.state.name] },
  });
});

it("refuses a line of a unit that is no key with a value", () => {
  for (const line of ["Image", "Image=", "image=x", " Image=x", "[Container"])
    expect(() => parseUnit(`[Container]\n${line}\n`), line).toThrow("neither a section");
  expect(() => parseUnit("Image=x\n")).toThrow("neither a section");
});

import { parse, stringify } from "yaml";
import { z } from "zod";

const Compose = z.looseObject({
  services: z.object({
    backend: z.looseObject({
      image: z.string(),
      security_opt: z.array(z.string()),
      volumes: z.array(z.string()),
    }),
  }),
});

/** Returns the compose file for Podman, made from the one for a plain engine. */
export function podmanCompose(linuxCompose: string): string {
  const file = Compose.parse(parse(linuxCompose));
  const { backend } = file.services;
  const podman = {
    ...file,
    services: {
      backend: {
        ...backend,
        // Where `podman build` puts an image, so that Podman doesn't look for it in a registry.
        image: backend.image.replace(":-", ":-localhost/"),
        // On a host with SELinux, a container can't open the engine's socket otherwise.
        security_opt: [...backend.security_opt, "label=disable"],
        volumes: backend.volumes.map((volume) =>
          volume.replace(":-/var/run/docker.sock}", ":-/run/podman/podman.sock}"),
        ),
      },
    },
  };
  return `# Made from packaging/linux/compose.yaml by \`npm run docs\`.\n${stringify(podman, { lineWidth: 0, version: "1.1" })}`;
}

export type Unit = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** The sections of a unit file, with the values of each key in order. Throws at a line that is neither. */
export function parseUnit(text: string): Unit {
  const unit: Record<string, Record<string, string[]>> = {};
  let section: Record<string, string[]> | undefined;
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const [, name] = /^\[(\w+)\]$/.exec(line) ?? [];
    const [, key, value] = /^([A-Z]\w*)=(\S.*)$/.exec(line) ?? [];
    if (name !== undefined) {
      section = {};
      unit[name] = section;
    } else if (key !== undefined && value !== undefined && section !== undefined) {
      section[key] = [...(section[key] ?? []), value];
    } else throw new Error(`neither a section nor a key with its value: ${line}`);
  }
  return unit;
}

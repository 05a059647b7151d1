import { parse } from "yaml";
import { z } from "zod";

const Service = z.looseObject({
  image: z.unknown(),
  restart: z.unknown(),
  cap_add: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
});
const ComposeFile = z.looseObject({
  services: z.record(z.string(), Service),
  volumes: z.record(z.string(), z.unknown()).default({}),
});
export type ComposeFile = z.infer<typeof ComposeFile>;

const FORBIDDEN = [
  "privileged",
  "container_name",
  "ports",
  "build",
  "network_mode",
  "pid",
  "userns_mode",
] as const;
const CAPABILITIES: readonly string[] = ["NET_ADMIN", "NET_RAW"];
// biome-ignore lint/suspicious/noTemplateCurlyInString: what the file must say literally.
const LITERAL_IMAGE = "${DESKTOP_PLUGIN_IMAGE}";
const ENGINE_SOCKET = "/var/run/docker.sock.raw";

/** Reads a compose file without substituting variables. Throws with a sentence when the file is not a compose file. */
export function parseCompose(text: string): ComposeFile {
  return ComposeFile.parse(parse(text));
}

function volumeProblems(
  name: string,
  volumes: readonly string[],
  named: readonly string[],
): readonly string[] {
  return volumes.flatMap((volume) => {
    const [source = ""] = volume.split(":");
    if (source.startsWith("/")) {
      return source === ENGINE_SOCKET
        ? []
        : [`compose service ${name} mounts ${source} of the virtual machine`];
    }
    return named.includes(source) ? [] : [`compose service ${name}: the volume ${source} is not declared`];
  });
}

/** Lists problems for which Docker Desktop, or a careful reviewer, would reject the compose file. */
export function composeProblems(text: string): readonly string[] {
  let file: ComposeFile;
  try {
    file = parseCompose(text);
  } catch (error) {
    return [`the compose file cannot be read: ${error instanceof Error ? error.message : String(error)}`];
  }
  const problems: string[] = [];
  const services = Object.entries(file.services);
  const [firstName, first] = services[0] ?? [];
  if (first === undefined) return ["the compose file has no services"];
  if (first.image !== LITERAL_IMAGE) {
    problems.push(
      `compose: the first service, ${firstName}, must be the backend, its image literally ${LITERAL_IMAGE}`,
    );
  }
  for (const [name, service] of services) {
    for (const key of FORBIDDEN) {
      if (key in service) problems.push(`compose service ${name} must not have '${key}'`);
    }
    if (service.restart !== "unless-stopped") {
      problems.push(
        `compose service ${name} needs 'restart: unless-stopped': the tab restarts services that ended`,
      );
    }
    for (const capability of service.cap_add) {
      if (!CAPABILITIES.includes(capability))
        problems.push(`compose service ${name} asks for the capability ${capability}`);
    }
    problems.push(...volumeProblems(name, service.volumes, Object.keys(file.volumes)));
  }
  return problems;
}

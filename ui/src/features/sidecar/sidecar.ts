import type { Settings } from "@tailnet-share/contract/settings";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import type { Workload } from "@tailnet-share/contract/workload";

/** The sidecar's source for its auth key. Neither way writes the key into the copied text. */
export type KeySource = "environment" | "file";

/** A share as a manual setup: Tailscale's image owns the network, and the application joins it. */
export interface Sidecar {
  /** Names the application's service or container. */
  readonly app: string;
  readonly image: string;
  readonly tailscale: string;
  readonly tailscaleImage: string;
  readonly hostname: string;
  readonly keySource: KeySource;
  /** Excludes the auth key, which each format passes differently. */
  readonly environment: ReadonlyArray<readonly [name: string, value: string]>;
}

/** Located beside the compose file, or in the directory where `docker run` runs. */
export const KEY_FILE = "ts_authkey.txt";
export const TAILSCALE_IMAGE = "tailscale/tailscale";
const KEY_IN_CONTAINER = "/run/secrets/ts_authkey";
const STATE_DIR = "/var/lib/tailscale";
/** Leaves room for `tailscale-` within the limit of 63 characters. */
const LONGEST_NAME = 50;

export function sidecarOf(
  { name, image, machine, share }: Workload,
  { controlUrl }: Pick<Settings, "controlUrl">,
  keySource: KeySource,
  tag: string,
): Sidecar {
  const app = serviceName(name);
  return {
    app,
    image,
    tailscale: `tailscale-${app}`,
    tailscaleImage: `${TAILSCALE_IMAGE}:${tag}`,
    hostname: share?.machine?.name ?? machine.name,
    keySource,
    environment: [
      ["TS_STATE_DIR", STATE_DIR],
      ["TS_USERSPACE", "false"],
      ["TS_ACCEPT_DNS", "false"],
      ["TS_AUTH_ONCE", "true"],
      ...(controlUrl === "" ? [] : [["TS_EXTRA_ARGS", `--login-server=${controlUrl}`] as const]),
    ],
  };
}

/** Image tag of the bundled Tailscale release. */
export function bundledTag({ tailscale }: Snapshot["versions"]): string {
  // Unknown only while tailscaled has never run.
  return tailscale === null ? "stable" : `v${tailscale}`;
}

/** https://github.com/compose-spec/compose-spec/blob/main/spec.md */
export function composeFile(sidecar: Sidecar): string {
  const { app, image, tailscale, tailscaleImage, hostname, keySource, environment } = sidecar;
  const fromFile = keySource === "file";
  const key = fromFile ? yaml(`file:${KEY_IN_CONTAINER}`) : quoted(KEY_VARIABLE);
  return text([
    "services:",
    `  ${yaml(tailscale)}:`,
    `    image: ${yaml(tailscaleImage)}`,
    `    hostname: ${yaml(hostname)}`,
    "    environment:",
    `      TS_AUTHKEY: ${key}`,
    ...environment.map(([name, value]) => `      ${name}: ${yaml(value)}`),
    ...(fromFile ? ["    secrets:", '      - "ts_authkey"'] : []),
    "    volumes:",
    `      - ${yaml(`${tailscale}:${STATE_DIR}`)}`,
    "    devices:",
    '      - "/dev/net/tun:/dev/net/tun"',
    "    cap_add:",
    '      - "NET_ADMIN"',
    '      - "NET_RAW"',
    '    restart: "unless-stopped"',
    `  ${yaml(app)}:`,
    `    image: ${yaml(image)}`,
    `    network_mode: ${yaml(`service:${tailscale}`)}`,
    "    depends_on:",
    `      - ${yaml(tailscale)}`,
    "volumes:",
    `  ${yaml(tailscale)}: {}`,
    ...(fromFile ? ["secrets:", "  ts_authkey:", `    file: ${yaml(`./${KEY_FILE}`)}`] : []),
  ]);
}

/** Quotes for a POSIX shell. */
export function dockerRun(sidecar: Sidecar): string {
  const { app, image, tailscale, tailscaleImage, hostname, keySource, environment } = sidecar;
  const key =
    keySource === "file"
      ? [`-v "$PWD/${KEY_FILE}:${KEY_IN_CONTAINER}:ro"`, `-e TS_AUTHKEY=file:${KEY_IN_CONTAINER}`]
      : // Without a value, docker reads the variable from the shell, and the process list does not show it.
        ["-e TS_AUTHKEY"];
  return text([
    command("docker run -d", [
      `--name ${word(tailscale)}`,
      `--hostname ${word(hostname)}`,
      ...key,
      ...environment.map(([name, value]) => `-e ${word(`${name}=${value}`)}`),
      `-v ${word(`${tailscale}:${STATE_DIR}`)}`,
      "--device /dev/net/tun",
      "--cap-add NET_ADMIN",
      "--cap-add NET_RAW",
      "--restart unless-stopped",
      word(tailscaleImage),
    ]),
    command("docker run -d", [
      `--name ${word(app)}`,
      `--network ${word(`container:${tailscale}`)}`,
      "--restart unless-stopped",
      word(image),
    ]),
  ]);
}

/** Converts to a name that both compose and the engine accept. */
export function serviceName(name: string): string {
  const clean = name.replace(/[^a-zA-Z0-9._-]+/g, "-").slice(0, LONGEST_NAME);
  return clean.replace(/^[._-]+|[._-]+$/g, "") || "app";
}

const KEY_VARIABLE = `\${TS_AUTHKEY}`;

/** Quotes a scalar for compose, which would otherwise expand variables after a `$`. */
function yaml(value: string): string {
  return quoted(value.replaceAll("$", "$$$$"));
}

/** A JSON string is valid YAML, except for a few characters that JSON leaves unescaped and YAML forbids. */
function quoted(value: string): string {
  return JSON.stringify(value).replace(
    /[\p{Cc}\p{Zl}\p{Zp}\ufeff\ufffe\uffff]/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Quotes any text as one shell word. */
function word(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

function command(start: string, options: readonly string[]): string {
  return [start, ...options].join(" \\\n  ");
}

function text(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}

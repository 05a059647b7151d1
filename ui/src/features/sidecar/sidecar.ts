import type { Settings } from "@tailnet-share/contract/settings";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import type { Workload } from "@tailnet-share/contract/workload";

/** Where the sidecar gets its auth key from. Neither way writes the key into what is copied. */
export type KeySource = "environment" | "file";

/** A share put the way that is run by hand: Tailscale's image owns the network, the application joins it. */
export interface Sidecar {
  /** Names the application's service or container. */
  readonly app: string;
  readonly image: string;
  readonly tailscale: string;
  readonly tailscaleImage: string;
  readonly hostname: string;
  readonly keySource: KeySource;
  /** Without the auth key, which each form takes in its own way. */
  readonly environment: ReadonlyArray<readonly [name: string, value: string]>;
}

/** Stands beside the compose file, or where `docker run` is typed. */
export const KEY_FILE = "ts_authkey.txt";
export const TAILSCALE_IMAGE = "tailscale/tailscale";
const KEY_IN_CONTAINER = "/run/secrets/ts_authkey";
const STATE_DIR = "/var/lib/tailscale";
/** Leaves room for `tailscale-` in what may have 63 characters. */
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

/** The release of Tailscale that comes with the extension, as its image is tagged. */
export function bundledTag({ tailscale }: Snapshot["versions"]): string {
  // Not known only while tailscaled has never run.
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

/** For a POSIX shell. */
export function dockerRun(sidecar: Sidecar): string {
  const { app, image, tailscale, tailscaleImage, hostname, keySource, environment } = sidecar;
  const key =
    keySource === "file"
      ? [`-v "$PWD/${KEY_FILE}:${KEY_IN_CONTAINER}:ro"`, `-e TS_AUTHKEY=file:${KEY_IN_CONTAINER}`]
      : // Without a value docker takes it from the shell, and the process list does not show it.
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

/** What compose and the engine both take as a name. */
export function serviceName(name: string): string {
  const clean = name.replace(/[^a-zA-Z0-9._-]+/g, "-").slice(0, LONGEST_NAME);
  return clean.replace(/^[._-]+|[._-]+$/g, "") || "app";
}

const KEY_VARIABLE = `\${TS_AUTHKEY}`;

/** A scalar that compose takes literally: it would put variables in place of what follows a `$`. */
function yaml(value: string): string {
  return quoted(value.replaceAll("$", "$$$$"));
}

/** A JSON string is a YAML one, but for a few characters that JSON leaves as they are and YAML does not allow. */
function quoted(value: string): string {
  return JSON.stringify(value).replace(
    /[\p{Cc}\p{Zl}\p{Zp}\ufeff\ufffe\uffff]/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** One word to a shell, whatever is in it. */
function word(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

function command(start: string, options: readonly string[]): string {
  return [start, ...options].join(" \\\n  ");
}

function text(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}

import { existsSync } from "node:fs";
import { AppError } from "@tailnet-share/contract/errors";
import { z } from "zod";
import { proxyVariables } from "./control/proxy.ts";
import { isFirstStartVariable } from "./first-start/variables.ts";

/** The backend's TCP port for browsers. */
export const PANEL_PORT = 4180;
/** The backend's socket for tailscaled, which proxies the tailnet's browsers. On a tmpfs of the backend's container. */
export const PANEL_SOCKET = "/run/tailscale/panel.sock";

/** The socket that the panel's host forwards to. */
const SOCKET = "/run/guest-services/backend.sock";

const PATH = z.string().startsWith("/", "must be an absolute path");
const ADDRESS = z.url({ protocol: /^https?$/, error: "must begin with http:// or https://" });

/** Each message continues the variable's name. */
const Environment = z.object({
  /** The socket that the panel's host forwards to. */
  TAILNET_SHARE_SOCKET: PATH.default(SOCKET),
  /** Directory for shares, settings and tailscaled's identity. Mode 0700. */
  TAILNET_SHARE_STATE: PATH.optional(),
  TAILNET_SHARE_ENGINE: PATH.default("/var/run/docker.sock"),
  /** `on` serves the panel to browsers, for engines without a desktop that shows it. */
  TAILNET_SHARE_PANEL: z.enum(["on", "off"], "must be on or off").default("off"),
  /** The address at which browsers reach that panel. */
  TAILNET_SHARE_PANEL_URL: ADDRESS.default(`http://127.0.0.1:${PANEL_PORT}`),
  TAILNET_SHARE_LOG_LEVEL: z
    .enum(["debug", "info", "warn", "error"], "must be debug, info, warn or error")
    .default("info"),
  /** `text` for people, `json` for programs. */
  TAILNET_SHARE_LOG_FORMAT: z.enum(["text", "json"], "must be text or json").default("text"),
  /** Tailscale's API; another address is for tests. */
  TAILNET_SHARE_TAILSCALE_API: ADDRESS.default("https://api.tailscale.com"),
  /** Certificates of extra trusted authorities, as PEM. */
  TAILNET_SHARE_CA_FILE: PATH.optional(),
  /** A file with the number of milliseconds by which the wall clock is ahead; for tests, which can't wait for hours. */
  TAILNET_SHARE_CLOCK_AHEAD: PATH.optional(),
  TAILNET_SHARE_VERSION: z.string().default("0.0.0-dev"),
});

export interface Config {
  apiSocket: string;
  stateDirectory: string;
  engineSocket: string;
  /** The address of the panel for browsers; null when it is off. */
  panelUrl: URL | null;
  logLevel: "debug" | "info" | "warn" | "error";
  logFormat: "text" | "json";
  version: string;
  tailscaledSocket: string;
  tailscaleApi: string;
  /** A file that says how far the clock is ahead; null outside of tests. */
  clockAheadFile: string | null;
  /** A file with authorities' certificates; null for none. */
  authoritiesFile: string | null;
  /** Passed to every tailscaled, the node's and the machines', together with the proxy settings. */
  tailscaleSwitches: Readonly<Record<string, string>>;
}

/** tailscaled's switches in an environment. Everybody with access to the engine can read a container's environment. */
function tailscaleSwitches(environment: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value !== undefined &&
      /^TS_(FORCE|DEBUG|DISABLE|NO_LOGS|PANIC)_/.test(name) &&
      !isFirstStartVariable(name)
        ? [[name, value]]
        : [],
    ),
  );
}

/** Quotes no value. */
function unusable({ issues }: z.ZodError): AppError {
  return new AppError(
    "ENVIRONMENT_UNUSABLE",
    issues.map(({ path, message }) => `${path.join(".")} ${message}.`).join(" "),
    "Change or remove it, and create the container again. Nothing is shared before.",
  );
}

/**
 * containerboot's variable for the folder counts if the folder is there: the image doesn't have it, so somebody has mounted it. Otherwise
 * `first-start` reports it.
 */
function stateDirectory(
  own: string | undefined,
  containerboots: string | undefined,
  isThere: IsThere,
): string {
  if (own !== undefined) return own;
  const folder = containerboots?.trim() ?? "";
  return folder.startsWith("/") && isThere(folder) ? folder : "/var/lib/tailnet-share";
}

type IsThere = (path: string) => boolean;

/** Reads the environment once. Throws `AppError("ENVIRONMENT_UNUSABLE")` that names each variable with an unusable value. */
export function readConfig(environment: NodeJS.ProcessEnv, isThere: IsThere = existsSync): Config {
  // A compose file leaves a variable empty that nobody sets.
  const given = Object.entries(environment).filter(([, value]) => value !== "");
  const { data: env, error } = Environment.safeParse(Object.fromEntries(given));
  if (error !== undefined) throw unusable(error);
  return {
    apiSocket: env.TAILNET_SHARE_SOCKET,
    stateDirectory: stateDirectory(env.TAILNET_SHARE_STATE, environment.TS_STATE_DIR, isThere),
    engineSocket: env.TAILNET_SHARE_ENGINE,
    panelUrl: env.TAILNET_SHARE_PANEL === "on" ? new URL(env.TAILNET_SHARE_PANEL_URL) : null,
    logLevel: env.TAILNET_SHARE_LOG_LEVEL,
    logFormat: env.TAILNET_SHARE_LOG_FORMAT,
    version: env.TAILNET_SHARE_VERSION,
    // The default of the `tailscale` command, so that `docker exec … tailscale status` needs no flag.
    tailscaledSocket: "/var/run/tailscale/tailscaled.sock",
    tailscaleApi: env.TAILNET_SHARE_TAILSCALE_API,
    clockAheadFile: env.TAILNET_SHARE_CLOCK_AHEAD ?? null,
    authoritiesFile: env.TAILNET_SHARE_CA_FILE ?? null,
    tailscaleSwitches: { ...tailscaleSwitches(environment), ...proxyVariables(environment) },
  };
}

/**
 * Returns where panels look for the backend, in an environment that `readConfig` refuses: on a socket, and whether also on the port for
 * browsers.
 */
export function faultPlaces(environment: NodeJS.ProcessEnv): { socket: string; isForBrowsers: boolean } {
  const socket = PATH.safeParse(environment.TAILNET_SHARE_SOCKET);
  return {
    socket: socket.success ? socket.data : SOCKET,
    // Also with an unusable value, because somebody wants something there.
    isForBrowsers: !["off", ""].includes(environment.TAILNET_SHARE_PANEL ?? ""),
  };
}

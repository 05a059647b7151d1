import { z } from "zod";

const Environment = z.object({
  /** Where the panel's host forwards to. */
  TAILNET_SHARE_SOCKET: z.string().startsWith("/").default("/run/guest-services/backend.sock"),
  /** Shares, settings and tailscaled's identity. Mode 0700. */
  TAILNET_SHARE_STATE: z.string().startsWith("/").default("/var/lib/tailnet-share"),
  TAILNET_SHARE_ENGINE: z.string().startsWith("/").default("/var/run/docker.sock"),
  TAILNET_SHARE_LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
  TAILNET_SHARE_VERSION: z.string().default("0.0.0-dev"),
});

export interface Config {
  apiSocket: string;
  stateDirectory: string;
  engineSocket: string;
  logLevel: "debug" | "info" | "warn" | "error";
  version: string;
  tailscaledSocket: string;
}

/** Reads the environment once. Throws `ZodError` that names the variable when a value is unusable. */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const env = Environment.parse(environment);
  return {
    apiSocket: env.TAILNET_SHARE_SOCKET,
    stateDirectory: env.TAILNET_SHARE_STATE,
    engineSocket: env.TAILNET_SHARE_ENGINE,
    logLevel: env.TAILNET_SHARE_LOG_LEVEL,
    version: env.TAILNET_SHARE_VERSION,
    // The default of the `tailscale` command, so that `docker exec … tailscale status` needs no flag.
    tailscaledSocket: "/var/run/tailscale/tailscaled.sock",
  };
}

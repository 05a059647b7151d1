import { PROXY_VARIABLE } from "../../control/proxy.ts";
import { TAILNET_INTERFACE, WIREGUARD_PORT } from "./interface.ts";

/** Whether tailscaled uses the kernel's TUN or its own network stack. */
export type Tun = "kernel" | "userspace";

/** The purpose of a tailscaled. Every tailscaled of ours has one of these. */
export type Purpose =
  /** The extension's own node, a child of the backend. */
  | { kind: "node"; tun: Tun }
  /** A machine, in a container of its own. */
  | { kind: "machine"; tun: Tun; udpPort: number }
  /** Logs a retired machine out: a child of the backend, for seconds, that carries no traffic. */
  | { kind: "log-out" };

export interface TailscaledPaths {
  /** Holds identity, preferences and certificates. */
  stateDirectory: string;
  /** The path of tailscaled's LocalAPI socket. */
  socketPath: string;
}

/** Arguments of the `tailscaled` command. `--no-logs-no-support` sends nothing about the user's machine to anybody. Pure. */
export function tailscaledArguments(purpose: Purpose, { stateDirectory, socketPath }: TailscaledPaths) {
  return [
    `--statedir=${stateDirectory}`,
    `--socket=${socketPath}`,
    `--tun=${tunOf(purpose) === "kernel" ? TAILNET_INTERFACE : "userspace-networking"}`,
    `--port=${udpPortOf(purpose)}`,
    "--no-logs-no-support",
  ];
}

function tunOf(purpose: Purpose): Tun {
  return purpose.kind === "log-out" ? "userspace" : purpose.tun;
}

/** The UDP port for WireGuard; 0 for any. */
function udpPortOf(purpose: Purpose): number {
  if (purpose.kind === "machine") return purpose.udpPort;
  return purpose.kind === "node" ? WIREGUARD_PORT : 0;
}

/**
 * tailscaled's environment. Of `given` it passes only tailscaled's own switches, certificate and proxy settings, and `PATH`: an extension's
 * environment may hold anything. Pure.
 */
export function tailscaledEnvironment(
  { kind }: Pick<Purpose, "kind">,
  given: NodeJS.ProcessEnv,
): Record<string, string> {
  const passed = Object.entries(given).flatMap(([name, value]) =>
    value !== undefined && isPassed(name) ? [[name, value] as const] : [],
  );
  return {
    ...Object.fromEntries(passed),
    HOME: "/tmp",
    // A machine's image may be tailscale's own. It includes iptables, which tailscaled would prefer.
    // A child exits when its descriptor 3 closes, see `launch`.
    ...(kind === "machine" ? { TS_DEBUG_FIREWALL_MODE: "nftables" } : { TS_PARENT_DEATH_FD: "3" }),
  };
}

function isPassed(name: string): boolean {
  return name === "PATH" || name === "SSL_CERT_FILE" || name.startsWith("TS_") || PROXY_VARIABLE.test(name);
}

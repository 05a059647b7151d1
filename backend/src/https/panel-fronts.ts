import { TAILNET_PANEL_PORT } from "@tailnet-share/contract/session";
import type { SharedPort } from "@tailnet-share/contract/share";
import type { Front } from "./fronts.ts";
import type { HttpsSeen } from "./https.ts";

/** The panel for browsers, as the tailnet is to reach it. */
export interface PanelWish {
  /** The backend's unix socket for it: only root in the backend's container can open it, which tailscaled is. */
  readonly socket: string;
}

/**
 * The fronts of the panel: HTTPS where the tailnet has certificates, and nothing until there is one. Otherwise HTTP, which WireGuard encrypts,
 * also under the node's short name and addresses; tailscaled finds those below the tailnet's domain.
 * Source: `ipn/ipnlocal/serve.go` of tailscale 1.102.3, `getServeHandler`. Pure.
 */
export function panelFronts(panel: PanelWish | null, seen: Omit<HttpsSeen, "fronts">): Front[] {
  const { host, addresses, certifies, certificate } = seen;
  if (panel === null || host === null) return [];
  const front = { nodePort: TAILNET_PANEL_PORT, proxy: `unix:${panel.socket}` };
  if (certifies) return certificate?.host === host ? [{ ...front, host }] : [];
  const domain = host.slice(host.indexOf("."));
  const names = addresses.map((address) =>
    address.includes(":") ? `[${address}${domain}]` : `${address}${domain}`,
  );
  return [host, ...names].map((name) => ({ ...front, host: name, plain: true }));
}

/** The names in a browser's address bar that lead to the panel, with its port, in lower case. Pure. */
export function panelHosts({ host, addresses }: Pick<HttpsSeen, "host" | "addresses">): ReadonlySet<string> {
  if (host === null) return new Set();
  const shown = addresses.map((address) => (address.includes(":") ? `[${address}]` : address));
  const names = [host, host.split(".")[0] ?? host, ...shown];
  return new Set(names.map((name) => `${name.toLowerCase()}:${TAILNET_PANEL_PORT}`));
}

/** The share that has the panel's port on the node; undefined for none. */
export function shareOnPanelPort<T extends { mode: string; ports: readonly SharedPort[] }>(
  shares: readonly T[],
): T | undefined {
  return shares.find(
    ({ mode, ports }) =>
      mode === "node" &&
      ports.some(({ protocol, nodePort }) => protocol === "tcp" && nodePort === TAILNET_PANEL_PORT),
  );
}

import type { Account, NodeState } from "@tailnet-share/contract/node";

/** The control server that an empty setting means. tailscaled's account always has the full URL. */
export const TAILSCALE_CONTROL_URL = "https://controlplane.tailscale.com";

/** Returns whether two addresses mean the same control server; an empty one means Tailscale's own. */
export function sameServer(a: string, b: string): boolean {
  return full(a) === full(b);
}

/**
 * The tailnet that a node is in, as `tailnetHome` writes it; null while it is in none. Each account has its own control
 * server; `setting` only applies to the next login.
 */
export function homeOf(
  node: { state(): NodeState; accounts(): readonly Account[] },
  setting: string,
): string | null {
  const state = node.state();
  if (state.state !== "connected" && state.state !== "paused") return null;
  return tailnetHome(controlUrlNow(node, setting), state.tailnet);
}

/** The control server of the account that a node is in, else the one that the next login will take. */
export function controlUrlNow(node: { accounts(): readonly Account[] }, setting: string): string {
  return node.accounts().find(({ current }) => current)?.controlUrl || setting;
}

/** Identifies one tailnet. Two accounts on the same control server are two tailnets. */
export function tailnetHome(controlUrl: string, tailnet: string): string {
  return `${full(controlUrl)} ${tailnet}`;
}

/** The control server of a home. */
export function controlUrlOf(home: string): string {
  return full(home.slice(0, home.indexOf(" ")));
}

/** Normalizes a stored home. Earlier releases wrote an empty address, or one with a trailing slash. */
export function normalHome(home: string): string {
  return tailnetHome(controlUrlOf(home), home.slice(home.indexOf(" ") + 1));
}

function full(url: string): string {
  return (url || TAILSCALE_CONTROL_URL).replace(/\/+$/, "");
}

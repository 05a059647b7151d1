import { homeOf } from "../control/home.ts";
import type { TailnetNode } from "../tailscale/node/node.ts";

/** This node's device in its tailnet. */
export interface ThisDevice {
  /** The control server's ID. */
  deviceId: string;
  /** The tailnet, in the form of `tailnetHome`. */
  home: string;
  /** The device's name; empty while unknown. */
  name: string;
}

/** Returns null while the node is in no tailnet. */
export function thisDevice(
  node: Pick<TailnetNode, "state" | "accounts" | "details">,
  controlUrl: string,
): ThisDevice | null {
  const state = node.state();
  const { deviceId } = node.details();
  const home = homeOf(node, controlUrl);
  if (home === null || deviceId === null) return null;
  return { deviceId, home, name: "name" in state ? state.name : "" };
}

import type { NodeState } from "@tailnet-share/contract/node";
import type { DataPlane } from "../../dataplane/data-plane.ts";
import type { Egress } from "../../engine/egress.ts";
import type { ObservedMachine } from "../../machines/watch/watch.ts";
import type { SignOfLife } from "../../tailscale/daemon/heartbeat.ts";
import { TAILNET_INTERFACE } from "../../tailscale/daemon/interface.ts";
import type { Self } from "../../workloads/targets.ts";
import { type HopProbe, unwell } from "./health.ts";

/** This container's network devices, in the format of `os.networkInterfaces`. */
type Devices = Readonly<Record<string, unknown>>;

/** Egress is well when it uses the extension's own network, or nothing when that network has no outbound access. */
export function egressProbe(egress: Egress, self: () => Self | null): HopProbe {
  return async () => {
    if ((await egress.route()) === "none")
      return "Tailnet Share's network has no way out, and no other is taken.";
    const own = self();
    if (own === null || own.homeNetworkId === null)
      return "It is not known yet which network is Tailnet Share's own.";
    if ((await egress.network(own.joined)) === own.homeNetworkId)
      return "What leaves takes Tailnet Share's own network.";
    throw unwell("What leaves takes another network than Tailnet Share's own.");
  };
}

/** The tailnet is well when a node that should be on it is connected and has its device, or when the user wants no tailnet. */
export function tailnetProbe(
  state: () => NodeState,
  signOfLife: (signal: AbortSignal) => Promise<SignOfLife>,
  mode: DataPlane["mode"],
  devices: () => Devices,
): HopProbe {
  return async (signal) => {
    const now = state();
    switch (now.state) {
      case "logged-out":
      case "paused":
        return `The node is to be in no tailnet: ${now.state}.`;
      case "connected":
        break;
      default:
        throw unwell(`The node is not in its tailnet: ${now.state}.`);
    }
    if ((await signOfLife(signal)).outOfSync) throw unwell("The node does not hear the control server.");
    if (mode === "kernel" && devices()[TAILNET_INTERFACE] === undefined)
      throw unwell("The node's network device is gone.");
    return "The node hears the control server.";
  };
}

/** Machines are well when the running ones answer. */
export function machinesProbe(present: () => readonly Pick<ObservedMachine, "run" | "node">[]): HopProbe {
  return async () => {
    const running = present().filter(({ run }) => run === "running");
    const silent = running.filter(
      ({ node }) => node.state === "failed" && node.fault.code === "TAILSCALED_DOWN",
    ).length;
    if (silent > 0) throw unwell(`${silent} of ${running.length} machines do not answer.`);
    return await Promise.resolve(`${running.length} machines run.`);
  };
}

import type { Clock } from "../lib/clock.ts";
import type { Observed } from "../reconcile/look/observe.ts";
import type { LocalApi } from "../tailscale/localapi/localapi.ts";
import type { TailnetNode } from "../tailscale/node/node.ts";
import { askOtherDevices } from "../tailscale/node/peers/other-devices.ts";
import type { OwnDevice } from "./tailnet.ts";

export interface OwnDevicesDependencies {
  node: Pick<TailnetNode, "details">;
  observed: () => Observed;
  /** The client of the node's tailscaled. */
  localApi: LocalApi;
  /** The client of a machine's tailscaled, by its key. */
  machineApi: (key: string) => LocalApi;
  clock: Clock;
}

/** Queries the devices that run here: a machine by its key, the node by null. */
export function createOwnDevices({ node, observed, localApi, machineApi, clock }: OwnDevicesDependencies) {
  /** The control server's IDs for the devices that run here. */
  const ownDevices = () =>
    new Set(
      [node.details(), ...observed().machines.present.map(({ details }) => details)].flatMap(
        ({ deviceId }) => deviceId ?? [],
      ),
    );
  return (machineKey: string | null): OwnDevice => {
    const api = machineKey === null ? localApi : machineApi(machineKey);
    return {
      packetFilter: async () => await api.packetFilter(),
      askOtherDevices: async () => await askOtherDevices(api, ownDevices(), clock),
      // tailscaled has no route to a device whose key has expired, such as a machine that was logged out.
      addressesOfOthers: async () =>
        (await api.peers()).filter(({ online }) => online).flatMap(({ addresses }) => addresses),
    };
  };
}

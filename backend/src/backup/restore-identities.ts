import { AppError } from "@tailnet-share/contract/errors";
import type { Daemon } from "../tailscale/daemon/daemon.ts";
import type { LocalApi } from "../tailscale/localapi/localapi.ts";
import type { TailnetNode } from "../tailscale/node/node.ts";
import type { Identities, IdentityFiles } from "./identities.ts";
import type { ThisDevice } from "./this-device.ts";

export interface RestoreIdentitiesDependencies {
  identities: IdentityFiles;
  node: Pick<TailnetNode, "state" | "logout">;
  localApi: Pick<LocalApi, "peers">;
  daemon: Pick<Daemon, "whileStopped">;
}

interface Handover {
  /** Called before the node becomes another device, perhaps somebody else's. If it rejects, the node stays as it is. */
  beforeHandover: () => Promise<void>;
}

type Machine = Identities["machines"][number];

/**
 * Makes this node and its machines the devices that were backed up. `here`: this node's device now; null while it is in no tailnet.
 * Rejects with `AppError("IDENTITY_IN_USE" | "NODE_OFFLINE" | "STORE_UNWRITABLE")`.
 */
export async function restoreIdentities(
  { node: wanted, machines }: Identities,
  here: ThisDevice | null,
  dependencies: RestoreIdentitiesDependencies & Handover,
): Promise<void> {
  const isThisDevice = wanted !== null && wanted.deviceId === here?.deviceId;
  const foreign = wanted === null || isThisDevice ? machines : [wanted, ...machines];
  await assertUnused(foreign, here, dependencies);
  if (wanted === null || isThisDevice) await writeMachines(machines, dependencies);
  else await replaceNode(wanted, machines, dependencies);
}

async function writeMachines(
  machines: readonly Machine[],
  { identities }: RestoreIdentitiesDependencies,
): Promise<void> {
  for (const machine of machines) await identities.writeMachine(machine);
}

/** Replaces the node's identity and writes those of the machines. Keeps the node's own if anything fails before its logout. */
async function replaceNode(
  wanted: NonNullable<Identities["node"]>,
  machines: readonly Machine[],
  dependencies: RestoreIdentitiesDependencies & Handover,
): Promise<void> {
  const { identities, node, daemon, beforeHandover } = dependencies;
  // Write to the disk first, because it may be full: after a logout, both identities would be lost.
  const next = await identities.stageNode(wanted);
  try {
    await writeMachines(machines, dependencies);
    await beforeHandover();
    // This node's own identity was temporary: without a logout, its device would stay in the tailnet's list.
    await node.logout();
    await daemon.whileStopped(next.commit);
  } catch (error) {
    await next.discard();
    throw error;
  }
}

/** Two machines with one identity would take turns in the tailnet, and both would fail. */
async function assertUnused(
  wanted: readonly Pick<Machine, "deviceId" | "home">[],
  here: ThisDevice | null,
  { node, localApi }: RestoreIdentitiesDependencies,
): Promise<void> {
  if (wanted.length === 0) return;
  const peers = node.state().state === "connected" ? await localApi.peers() : null;
  if (here === null || peers === null || wanted.some(({ home }) => home !== here.home)) {
    throw new AppError(
      "NODE_OFFLINE",
      "Can't check whether the backed-up device still runs, because this node isn't in its tailnet.",
      "Log in to that tailnet under any name first, then restore. This node then takes its old name.",
    );
  }
  const devices = new Map(peers.map((peer) => [peer.id, peer]));
  for (const { deviceId } of wanted) {
    const device = devices.get(deviceId);
    if (device === undefined) {
      throw new AppError(
        "IDENTITY_IN_USE",
        "Can't tell whether a backed-up device is still running.",
        "Restore without identities; the tailnet then lists new devices.",
      );
    }
    if (device.online) {
      throw new AppError(
        "IDENTITY_IN_USE",
        `${device.name} is still online: the machine that was backed up still runs.`,
        "Remove or stop Tailnet Share there, then restore again.",
      );
    }
  }
}

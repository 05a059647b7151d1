import type { Engine } from "../engine/engine.ts";
import type { BaseImages } from "../images/base-images.ts";
import type { BedImages } from "../images/bed-images.ts";
import { type BedNetwork, createBedNetwork } from "./bed-network.ts";
import type { ControlServer } from "./control-server.ts";
import type { LoginServer } from "./login-server.ts";
import { type Peer, type PeerOptions, startPeer } from "./peer.ts";

/** A control server and its devices on a network without a way out. `sweep` removes it. */
export interface Tailnet<Control extends LoginServer = ControlServer> {
  readonly network: BedNetwork;
  readonly control: Control;
  /** Starts another device; its name is unique in the bed. */
  addPeer(name: string, options?: PeerOptions): Promise<Peer>;
}

/** `startControl` starts the control server on the given network. */
export async function startTailnet<Control extends LoginServer>(
  engine: Engine,
  images: BaseImages & BedImages,
  bedId: string,
  startControl: (network: BedNetwork) => Promise<Control>,
): Promise<Tailnet<Control>> {
  const network = await createBedNetwork(engine, bedId);
  const control = await startControl(network);
  return {
    network,
    control,
    addPeer: (name, options) => startPeer(engine, images.peer, network, control, { bedId, name, ...options }),
  };
}

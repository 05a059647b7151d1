import type { Engine } from "../engine/engine.ts";
import type { BaseImages } from "../images/base-images.ts";
import type { BedImages } from "../images/bed-images.ts";
import { type BedNetwork, createBedNetwork } from "./bed-network.ts";
import { type ControlServer, startControlServer } from "./control-server.ts";
import type { ControlServerOptions } from "./headscale-config.ts";
import { type Peer, type PeerOptions, startPeer } from "./peer.ts";

/** A control server and its devices on a network that nothing leaves. `sweep` takes it down. */
export interface Tailnet {
  readonly network: BedNetwork;
  readonly control: ControlServer;
  /** Starts one more device; its name is unique in the bed. */
  addPeer(name: string, options?: PeerOptions): Promise<Peer>;
}

export async function startTailnet(
  engine: Engine,
  images: BaseImages & BedImages,
  bedId: string,
  options: ControlServerOptions = {},
): Promise<Tailnet> {
  const network = await createBedNetwork(engine, bedId);
  const control = await startControlServer(engine, images.headscale, network, bedId, options);
  return {
    network,
    control,
    addPeer: (name, options) => startPeer(engine, images.peer, network, control, { bedId, name, ...options }),
  };
}

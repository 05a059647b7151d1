import { type Api, createApi } from "./api.ts";
import { type Desktop, installExtension } from "./desktop/desktop.ts";
import type { Engine } from "./engine/engine.ts";
import type { BaseImages } from "./images/base-images.ts";
import type { BedImages } from "./images/bed-images.ts";
import { newBedId } from "./lib/bed-id.ts";
import { sweepBed } from "./lib/sweep.ts";
import { createSamples, type Samples } from "./samples.ts";
import type { ControlServerOptions } from "./tailnet/headscale-config.ts";
import type { Peer } from "./tailnet/peer.ts";
import { startTailnet, type Tailnet } from "./tailnet/tailnet.ts";

/** An engine and every image that a bed needs. */
export interface Prerequisites {
  readonly engine: Engine;
  readonly images: BaseImages & BedImages & { readonly product: string };
}

export interface Bed {
  readonly id: string;
  readonly engine: Engine;
  readonly images: Prerequisites["images"];
  readonly tailnet: Tailnet;
  /** The first device, `phone`. */
  readonly peer: Peer;
  readonly samples: Samples;
  readonly desktop: Desktop;
  readonly api: Api;
  /** Logs the node in with a key and waits until it is connected. */
  login(hostname?: string): Promise<void>;
  /** Removes everything that this bed made. */
  close(): Promise<void>;
}

export type PlainBed = Omit<Bed, "desktop" | "api" | "login">;

export type Environment = Readonly<Record<string, string>>;

export interface BedOptions extends ControlServerOptions {
  /** More environment for the backend; made from the bed where something has to be started in it first. */
  readonly env?: Environment | ((bed: PlainBed) => Promise<Environment>);
  /** Seconds between two of the engine's health checks, in place of the image's minute. */
  readonly healthSeconds?: number;
}

/** A tailnet with one device, and no product in it. */
export async function openPlainBed(
  { engine, images }: Prerequisites,
  options: ControlServerOptions = {},
): Promise<PlainBed> {
  const id = newBedId();
  const samples = createSamples(engine, images.sample, id);
  async function close(): Promise<void> {
    await samples.close();
    await sweepBed(engine, id);
  }
  try {
    const tailnet = await startTailnet(engine, images, id, options);
    const peer = await tailnet.addPeer("phone");
    return { id, engine, images, tailnet, peer, samples, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A tailnet with one device, and the product installed in the stand-in for Docker Desktop, logged out. */
export async function openBed(
  prerequisites: Prerequisites,
  { env = {}, healthSeconds, ...options }: BedOptions = {},
): Promise<Bed> {
  const bed = await openPlainBed(prerequisites, options);
  const { engine, images, tailnet } = bed;
  try {
    const desktop = await installExtension(engine, {
      bedId: bed.id,
      network: tailnet.network.name,
      image: images.product,
      nodeImage: images.node,
      env: typeof env === "function" ? await env(bed) : env,
      ...(healthSeconds === undefined ? {} : { healthSeconds }),
    });
    const api = createApi(desktop.page);
    return {
      ...bed,
      desktop,
      api,
      async login(hostname = "docker") {
        const authKey = await tailnet.control.createAuthKey();
        await api.login({ authKey, controlUrl: tailnet.control.url, hostname });
        await api.waitFor("the node to be connected", ({ node }) => node.state === "connected", 60_000);
      },
      async close() {
        await desktop.extension.close();
        await bed.close();
      },
    };
  } catch (error) {
    await bed.close();
    throw error;
  }
}

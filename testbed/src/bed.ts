import { type Api, createApi } from "./api.ts";
import { type Desktop, type DesktopOptions, type Installation, installExtension } from "./desktop/desktop.ts";
import type { PanelHost } from "./desktop/page-container.ts";
import { installOnEngine } from "./desktop/plain-engine.ts";
import type { Engine } from "./engine/engine.ts";
import type { BaseImages } from "./images/base-images.ts";
import type { BedImages } from "./images/bed-images.ts";
import { newBedId } from "./lib/bed-id.ts";
import { sweepBed } from "./lib/sweep.ts";
import { createSamples, type Samples } from "./samples.ts";
import { type CertifyingControl, startCertifyingControl } from "./tailnet/acme.ts";
import type { BedNetwork } from "./tailnet/bed-network.ts";
import { type ControlServer, startControlServer } from "./tailnet/control-server.ts";
import type { ControlServerOptions } from "./tailnet/headscale-config.ts";
import { hostFlags, type LoginServer } from "./tailnet/login-server.ts";
import type { Peer, PeerOptions } from "./tailnet/peer.ts";
import { startTailnet, type Tailnet } from "./tailnet/tailnet.ts";
import { startTestControl, type TestControl } from "./tailnet/test-control.ts";

/** An engine and every image that a bed needs. */
export interface Prerequisites {
  readonly engine: Engine;
  readonly images: BaseImages &
    BedImages & {
      readonly product: string;
      readonly testControl: string | null;
      readonly acme: string | null;
      readonly benchTarget: string | null;
    };
}

export interface Bed<Control extends LoginServer = ControlServer, Installed extends Installation = Desktop> {
  readonly id: string;
  readonly engine: Engine;
  readonly images: Prerequisites["images"];
  readonly tailnet: Tailnet<Control>;
  /** The first device, `phone`. */
  readonly peer: Peer;
  readonly samples: Samples;
  readonly desktop: Installed;
  readonly api: Api;
  /** Logs the node in with a key and waits until it is connected. */
  login(hostname?: string): Promise<void>;
  /** Removes everything that this bed created. */
  close(): Promise<void>;
}

/** A bed with a control server of any kind, and with the product installed in any way. */
export type AnyBed = Bed<LoginServer, Installation>;

/** A bed with the product on an engine without a desktop, its panel in a browser. */
export type EngineBed = Bed<ControlServer, Installation>;

export type PlainBed<Control extends LoginServer = ControlServer> = Omit<
  Bed<Control>,
  "desktop" | "api" | "login"
>;

export type Environment = Readonly<Record<string, string>>;

interface BackendOptions<Control extends LoginServer> {
  /** Extra environment for the backend. Pass a function when something must first be started in the bed. */
  readonly env?: Environment | ((bed: PlainBed<Control>) => Promise<Environment>);
  /** The program that runs the extension; defaults to Docker Desktop. */
  readonly host?: PanelHost;
  /** Interval of the engine's health checks in seconds, instead of the image's minute. */
  readonly healthSeconds?: number;
}

export interface BedOptions extends ControlServerOptions, BackendOptions<ControlServer> {}

type StartControl<Control> = (bedId: string, network: BedNetwork) => Promise<Control>;

async function openAnyPlainBed<Control extends LoginServer>(
  { engine, images }: Prerequisites,
  startControl: StartControl<Control>,
  peerOptions: PeerOptions = {},
): Promise<PlainBed<Control>> {
  const id = newBedId();
  try {
    const tailnet = await startTailnet(
      engine,
      images,
      id,
      async (network) => await startControl(id, network),
    );
    const peer = await tailnet.addPeer("phone", peerOptions);
    const samples = createSamples(engine, images.sample, id, hostFlags(tailnet.control.surroundings));
    return {
      ...{ id, engine, images, tailnet, peer, samples },
      async close() {
        await samples.close();
        await sweepBed(engine, id);
      },
    };
  } catch (error) {
    await sweepBed(engine, id);
    throw error;
  }
}

type Install<Installed> = (engine: Engine, options: DesktopOptions) => Promise<Installed>;

async function install<Control extends LoginServer, Installed extends Installation>(
  bed: PlainBed<Control>,
  { env = {}, healthSeconds, host = "docker" }: BackendOptions<Control>,
  installProduct: Install<Installed>,
): Promise<Bed<Control, Installed>> {
  const { engine, images, tailnet } = bed;
  const { network, control } = tailnet;
  const { authority } = control.surroundings;
  try {
    const desktop = await installProduct(engine, {
      bedId: bed.id,
      host,
      network: network.name,
      surroundings: control.surroundings,
      image: images.product,
      nodeImage: images.node,
      env: typeof env === "function" ? await env(bed) : env,
      ...(healthSeconds === undefined ? {} : { healthSeconds }),
    });
    const api = createApi(desktop.page);
    if (authority !== null) await api.patchSettings({ authorities: authority });
    return {
      ...bed,
      desktop,
      api,
      async login(hostname = "docker") {
        const authKey = await control.createAuthKey();
        const address = control.loginUrl === null ? {} : { controlUrl: control.loginUrl };
        await api.login({ authKey, ...address, hostname });
        await api.connected();
      },
      async close() {
        await desktop.close();
        await bed.close();
      },
    };
  } catch (error) {
    await bed.close();
    throw error;
  }
}

const headscale =
  ({ engine, images }: Prerequisites, options: ControlServerOptions): StartControl<ControlServer> =>
  async (bedId, network) =>
    await startControlServer(engine, images.headscale, network, bedId, options);

/** Opens a tailnet with one device and without the product. */
export async function openPlainBed(
  prerequisites: Prerequisites,
  options: ControlServerOptions = {},
): Promise<PlainBed> {
  const peerOptions = { ipv6: options.ipv4 === false };
  return await openAnyPlainBed(prerequisites, headscale(prerequisites, options), peerOptions);
}

/** Opens a tailnet with one device and installs the product, logged out, in the stand-in for Docker Desktop. */
export async function openBed(prerequisites: Prerequisites, options: BedOptions = {}): Promise<Bed> {
  return await install(await openPlainBed(prerequisites, options), options, installExtension);
}

/** Opens a tailnet with one device and starts the product on the engine, logged out, without a desktop. */
export async function openEngineBed(
  prerequisites: Prerequisites,
  options: BedOptions = {},
): Promise<EngineBed> {
  return await install(await openPlainBed(prerequisites, options), options, installOnEngine);
}

/** Opens the same bed with a control server that stands in for Tailscale's, at its address. */
export async function openTailscaleBed(
  prerequisites: Prerequisites,
  options: BackendOptions<TestControl> = {},
): Promise<Bed<TestControl>> {
  const { engine, images } = prerequisites;
  const { testControl } = images;
  if (testControl === null) throw new Error("the image of Tailscale's test control server was not built");
  const bed = await openAnyPlainBed(
    prerequisites,
    async (bedId, network) => await startTestControl(engine, testControl, network, bedId),
  );
  return await install(bed, options, installExtension);
}

/** Opens the same bed with a certificate authority: the tailnet has HTTPS turned on. */
export async function openCertifyingBed(
  prerequisites: Prerequisites,
  options: BackendOptions<CertifyingControl> = {},
): Promise<Bed<CertifyingControl>> {
  return await install(await openCertifyingPlainBed(prerequisites), options, installExtension);
}

/** Opens the same bed with the product on the engine, without a desktop. */
export async function openCertifyingEngineBed(
  prerequisites: Prerequisites,
): Promise<Bed<CertifyingControl, Installation>> {
  return await install(await openCertifyingPlainBed(prerequisites), {}, installOnEngine);
}

async function openCertifyingPlainBed(prerequisites: Prerequisites): Promise<PlainBed<CertifyingControl>> {
  const { engine, images } = prerequisites;
  const { testControl, acme } = images;
  if (testControl === null || acme === null) throw new Error("the servers of this bed were not built");
  return await openAnyPlainBed(
    prerequisites,
    async (bedId, network) => await startCertifyingControl(engine, { testControl, acme }, network, bedId),
  );
}

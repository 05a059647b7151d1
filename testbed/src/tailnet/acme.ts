import type { Engine } from "../engine/engine.ts";
import { machineryFlags, RESTARTS } from "../lib/bed-id.ts";
import type { BedNetwork } from "./bed-network.ts";
import { adminOf, firstAnswer } from "./stand-in.ts";
import { startTestControl, type TestControl } from "./test-control.ts";

const ADMIN_PORT = 9000;

/** Stands in for Let's Encrypt with its own test server, which accepts every challenge. See `testbed/acme`. */
export interface Acme {
  readonly containerId: string;
  /** The authority that signs its certificates, as PEM. */
  readonly root: string;
  /** Sets whether the limit on certificates for one name is reached. */
  setLimited(limited: boolean): Promise<void>;
  /** Seconds from the first query until a certificate is due for renewal; null for two thirds of its lifetime. */
  setRenewal(seconds: number | null): Promise<void>;
  /** Number of requested certificates. */
  orders(): Promise<number>;
}

/** A tailnet that issues HTTPS certificates. */
export interface CertifyingControl extends TestControl {
  readonly acme: Acme;
}

export interface CertifyingImages {
  readonly testControl: string;
  readonly acme: string;
}

/** Starts both servers on the bed's network. Every tailscaled of the bed requests certificates from the second one. */
export async function startCertifyingControl(
  engine: Engine,
  images: CertifyingImages,
  network: BedNetwork,
  bedId: string,
): Promise<CertifyingControl> {
  const control = await startTestControl(engine, images.testControl, network, bedId);
  await control.configure({ https: true });
  const address = `${network.prefix}.12`;
  const containerId = await engine.docker([
    ...["run", "-d", "--name", `tailnet-share-acme-${bedId}`],
    ...["--network", network.name, "--ip", address],
    ...RESTARTS,
    ...machineryFlags(bedId),
    images.acme,
    address,
  ]);

  const what = "the certificate authority";
  const ask = adminOf(what, `http://${address}:${ADMIN_PORT}`);
  const authority = await firstAnswer(engine, containerId, () => ask("GET", "/authority"), {
    what,
    timeoutMs: 20_000,
  });
  const root = await ask("GET", "/root");
  const { surroundings } = control;
  return {
    ...control,
    surroundings: {
      ...surroundings,
      authority: [surroundings.authority ?? "", authority, root].join("\n"),
      env: { ...surroundings.env, TS_DEBUG_ACME_DIRECTORY_URL: `https://${address}/dir` },
    },
    acme: {
      containerId,
      root,
      setLimited: async (limited) => void (await ask(limited ? "POST" : "DELETE", "/limit")),
      setRenewal: async (seconds) =>
        void (await (seconds === null ? ask("DELETE", "/renewal") : ask("POST", `/renewal/${seconds}`))),
      orders: async () => Number(await ask("GET", "/orders")),
    },
  };
}

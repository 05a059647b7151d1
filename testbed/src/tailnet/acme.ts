import type { Engine } from "../engine/engine.ts";
import { machineryFlags, RESTARTS } from "../lib/bed-id.ts";
import { waitFor } from "../lib/wait-for.ts";
import type { BedNetwork } from "./bed-network.ts";
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

  async function ask(path: string, method: "GET" | "POST" | "DELETE" = "GET"): Promise<string> {
    const url = `http://${address}:${ADMIN_PORT}${path}`;
    const response = await fetch(url, { method, signal: AbortSignal.timeout(10_000) });
    const body = await response.text();
    if (!response.ok) throw new Error(`the certificate authority refuses ${method} ${path}: ${body.trim()}`);
    return body;
  }

  const what = { what: "the certificate authority to answer", timeoutMs: 20_000 };
  const authority = await waitFor(async () => await ask("/authority"), what);
  const root = await ask("/root");
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
      setLimited: async (limited) => void (await ask("/limit", limited ? "POST" : "DELETE")),
      setRenewal: async (seconds) =>
        void (await (seconds === null ? ask("/renewal", "DELETE") : ask(`/renewal/${seconds}`, "POST"))),
      orders: async () => Number(await ask("/orders")),
    },
  };
}

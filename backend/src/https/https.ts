import { AppError } from "@tailnet-share/contract/errors";
import type { NodeState } from "@tailnet-share/contract/node";
import type { Clock } from "../lib/clock.ts";
import type { LocalApi } from "../tailscale/localapi/localapi.ts";
import { createServeSection } from "../tailscale/localapi/serve-section.ts";
import type { NodeDetails } from "../tailscale/node/state/node-identity.ts";
import { certificateFault } from "./certificate-faults.ts";
import { besideFronts, type Front, type FrontTarget, frontsIn, type SpeaksTls, sectionOf } from "./fronts.ts";
import { createTlsLooks } from "./tls-looks.ts";

/** The state of HTTPS on the extension's own node. */
export interface HttpsSeen {
  /** The node's full name; null while it is not connected. */
  host: string | null;
  /** The node's addresses in the tailnet. */
  addresses: readonly string[];
  /** Whether the tailnet issues certificates for it. */
  certifies: boolean;
  /** Fronts that tailscaled serves; null when they are not ours, or unknown. */
  fronts: readonly Front[] | null;
  /** The name with a certificate, and when tailscaled was last asked for it. Milliseconds since the epoch. */
  certificate: { host: string; at: number } | null;
  speaksTls: SpeaksTls;
}

export const noHttps: HttpsSeen = {
  host: null,
  addresses: [],
  certifies: false,
  fronts: [],
  certificate: null,
  speaksTls: new Map(),
};

export type HttpsStep =
  /** Replaces everything that tailscaled serves. */
  | { kind: "serve"; fronts: readonly Front[] }
  /** Makes tailscaled get or renew the certificate for a name. */
  | { kind: "certificate"; host: string };

export type HttpsExecutors = {
  [K in HttpsStep["kind"]]: (step: Extract<HttpsStep, { kind: K }>, signal: AbortSignal) => Promise<void>;
};

/** HTTPS on the node, through tailscaled's serve config. */
export interface Https {
  /** Never rejects. */
  observe(signal?: AbortSignal): Promise<HttpsSeen>;
  /** Sets the programs behind fronts, to probe whether they speak TLS. */
  see(targets: readonly FrontTarget[]): void;
  executors: HttpsExecutors;
}

export interface HttpsDependencies {
  localApi: Pick<LocalApi, "serveConfig" | "setServeConfig" | "watchBus" | "certificate">;
  node: { state: () => NodeState; details: () => Pick<NodeDetails, "certDomains"> };
  /** Resolves to null when the port refused the connection. */
  speaksTls: (address: string, port: number) => Promise<boolean | null>;
  /** Called when a probe finishes or tailscaled drops its served config. */
  onChange: () => void;
  clock: Clock;
}

export function createHttps({ localApi, node, speaksTls, onChange, clock }: HttpsDependencies): Https {
  const section = createServeSection(localApi, besideFronts, onChange);
  const looks = createTlsLooks({ speaksTls, onChange, clock });
  let certificate: HttpsSeen["certificate"] = null;

  async function fronts(host: string | null, signal?: AbortSignal): Promise<readonly Front[] | null> {
    // No client can connect while the node is disconnected, and the config must be gone when one can again.
    if (host === null) section.close();
    if (!section.isOpen()) return [];
    const stored = await section.read(signal);
    return stored === null ? null : frontsIn(stored);
  }

  return {
    async observe(signal) {
      const now = node.state();
      const host = now.state === "connected" && now.dnsName !== "" ? now.dnsName : null;
      return {
        host,
        addresses: host !== null && "addresses" in now ? now.addresses : [],
        certifies: host !== null && node.details().certDomains.includes(host),
        fronts: await fronts(host, signal).catch(() => null),
        certificate,
        speaksTls: looks.known(),
      };
    },

    see: looks.see,

    executors: {
      serve: async ({ fronts: wanted }, signal) => await section.write(sectionOf(wanted), signal),

      async certificate({ host }, signal) {
        await localApi.certificate(host, signal).catch((error: unknown) => {
          const fault = certificateFault(error instanceof Error ? error.message : "");
          throw new AppError(fault.code, fault.message, fault.hint, { cause: error });
        });
        certificate = { host, at: clock.now() };
      },
    },
  };
}

import type { ContainerPort } from "@tailnet-share/contract/port";
import type { Listener } from "../../ports/listening.ts";
import type { ServeConfig } from "../../tailscale/localapi/types.ts";
import type { LookTimes } from "../watch/look-rhythm.ts";
import type { Redirect } from "./forwards.ts";

/** Whether a container's port speaks TLS, by its answer to a ClientHello. `speaks` is null if it refused the connection. */
export interface TlsSeen {
  port: number;
  speaks: boolean | null;
}

/** Results of looking inside a machine's container; null before the first look. Starts over for every container. */
export interface MachineInspection extends LookTimes {
  /** A new look has been requested. */
  stale: boolean;
  /** The share's ports at the last look; null before the first. */
  lookedFor: readonly ContainerPort[] | null;
  /** The container's `life` at the last look. */
  life: string | null;
  /** Listeners in its container; null when the look failed. */
  listening: readonly Listener[] | null;
  /** Identifies the guard's rules that the last look has left; null if the next one has to put them in place. */
  guardRules: string | null;
  /** IPv6 addresses of its network namespace; empty if IPv6 is off. */
  ipv6: readonly string[];
  serve: ServeConfig;
  /** Ports that the kernel redirects to tailscaled, see `LocalForward`. */
  redirects: readonly Redirect[];
  /** Whether the kernel rejects redirect rules. */
  noRedirects: boolean;
  /** Whether the HTTPS target port speaks TLS. */
  tls: TlsSeen | null;
  /** The feature that we asked the tailnet about. `featureUrl` is the page that turns it on. */
  asked: "serve" | "funnel" | null;
  featureUrl: string | null;
  /** The name that has a certificate. */
  certificate: string | null;
}

/** Before the first look inside. */
export const NOT_INSPECTED: MachineInspection = {
  stale: false,
  lookedAt: 0,
  lookAgainAt: Number.POSITIVE_INFINITY,
  idleSince: 0,
  lookedFor: null,
  life: null,
  listening: null,
  guardRules: null,
  ipv6: [],
  serve: {},
  redirects: [],
  noRedirects: false,
  tls: null,
  asked: null,
  featureUrl: null,
  certificate: null,
};

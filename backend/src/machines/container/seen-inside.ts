import type { ContainerPort } from "@tailnet-share/contract/port";
import type { Listener } from "../../ports/listening.ts";
import type { ServeConfig } from "../../tailscale/types.ts";
import type { LookTimes } from "../watch/look-rhythm.ts";
import type { Redirect } from "./forwards.ts";

/** Whether a container's port speaks TLS, by its answer to a ClientHello; `speaks` is null when it refused the connection. */
export interface TlsSeen {
  port: number;
  speaks: boolean | null;
}

/** What was seen when somebody looked; null before the first look. Told anew for every container. */
export interface MachineInside extends LookTimes {
  /** Somebody asked to look again. */
  stale: boolean;
  /** The share's ports at the last look; null before the first. */
  lookedFor: readonly ContainerPort[] | null;
  /** The container's `life` at the last look. */
  life: string | null;
  /** Listeners in its container; null when the look failed. */
  listening: readonly Listener[] | null;
  /** IPv6 addresses of its network namespace; none where IPv6 is off. */
  ipv6: readonly string[];
  serve: ServeConfig;
  /** Ports that the kernel redirects to tailscaled, see `LocalForward`. */
  redirects: readonly Redirect[];
  /** Whether the kernel rejects redirect rules. */
  noRedirects: boolean;
  /** Whether the HTTPS target port speaks TLS. */
  tls: TlsSeen | null;
  /** The feature that the tailnet was asked about, and where to turn it on. */
  asked: "serve" | "funnel" | null;
  featureUrl: string | null;
  /** The name that there is a certificate for. */
  certificate: string | null;
}

/** Before the first look inside. */
export const NOTHING_SEEN: MachineInside = {
  stale: false,
  lookedAt: 0,
  lookAgainAt: Number.POSITIVE_INFINITY,
  idleSince: 0,
  lookedFor: null,
  life: null,
  listening: null,
  ipv6: [],
  serve: {},
  redirects: [],
  noRedirects: false,
  tls: null,
  asked: null,
  featureUrl: null,
  certificate: null,
};

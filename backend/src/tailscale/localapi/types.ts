import { z } from "zod";

/*
 * The parts of tailscaled's answers that we read; everything else is ignored.
 * Source: tailscale 1.102.3, `ipn/ipnstate`, `ipn/prefs.go`, `ipn/backend.go`, `ipn/serve.go`, `health/state.go`.
 */

const optional = <T extends z.ZodType>(schema: T) => schema.nullish();

/** A URL from the control server that a user should open. Accepts only web pages. */
const WebPage = z.string().transform((url) => {
  const { protocol } = URL.canParse(url) ? new URL(url) : { protocol: "" };
  return protocol === "https:" || protocol === "http:" ? url : "";
});

export const Status = z.object({
  Version: z.string(),
  BackendState: z.string(),
  AuthURL: optional(WebPage),
  TailscaleIPs: optional(z.array(z.string())),
  Self: optional(
    z.object({
      /** The control server's ID for this device, as its API uses it. */
      ID: z.string().default(""),
      /** The node key that the control server knows; a renewal replaces it. */
      PublicKey: z.string().default(""),
      /** Region code of its home relay. */
      Relay: z.string().default(""),
      /** Whether it receives updates from the control server. */
      Online: z.boolean().default(false),
      HostName: z.string(),
      DNSName: z.string(),
      CapMap: optional(z.record(z.string(), z.unknown())),
      UserID: optional(z.number()),
      Tags: optional(z.array(z.string())),
      TailscaleIPs: optional(z.array(z.string())),
      KeyExpiry: optional(z.string()),
      Expired: optional(z.boolean()),
    }),
  ),
  Health: optional(z.array(z.string())),
  /** Names that the tailnet issues certificates for. */
  CertDomains: optional(z.array(z.string())),
  CurrentTailnet: optional(
    z.object({ Name: z.string(), MagicDNSSuffix: z.string(), MagicDNSEnabled: z.boolean() }),
  ),
  Peer: optional(
    z.record(
      z.string(),
      z.object({
        ID: z.string().default(""),
        DNSName: z.string().default(""),
      }),
    ),
  ),
  User: optional(z.record(z.string(), z.object({ LoginName: z.string(), DisplayName: z.string() }))),
  /** The control server's announcement of newer releases. Source: `tailcfg.ClientVersion`. */
  ClientVersion: optional(
    z.object({
      RunningLatest: z.boolean().default(false),
      LatestVersion: z.string().default(""),
      UrgentSecurityUpdate: z.boolean().default(false),
    }),
  ),
});
export type Status = z.infer<typeof Status>;

export const Prefs = z.object({
  ControlURL: z.string(),
  Hostname: z.string(),
  CorpDNS: z.boolean(),
  /** 0: tailscaled creates no firewall rules. Source: `types/preftype/netfiltermode.go`. */
  NetfilterMode: z.number().optional(),
  WantRunning: z.boolean(),
  LoggedOut: z.boolean().default(false),
});
export type Prefs = z.infer<typeof Prefs>;

export const LoginProfile = z.object({
  ID: z.string(),
  ControlURL: z.string().default(""),
  NetworkProfile: optional(z.object({ DomainName: z.string(), DisplayName: z.string().optional() })),
  UserProfile: optional(z.object({ LoginName: z.string() })),
  /** The control server's ID for the device; empty until the first login. */
  NodeID: z.string().default(""),
});
export type LoginProfile = z.infer<typeof LoginProfile>;

export const Warning = z.object({
  Severity: z.string().default("low"),
  Title: z.string().default(""),
  Text: z.string().default(""),
  ImpactsConnectivity: z.boolean().default(false),
});
export type Warning = z.infer<typeof Warning>;

export const Notify = z.object({
  /** Only in the first line of a bus. */
  SessionID: optional(z.string()),
  ErrMessage: optional(z.string()),
  LoginFinished: z.unknown().optional(),
  State: optional(z.number()),
  Prefs: z.unknown().optional(),
  SelfChange: z.unknown().optional(),
  BrowseToURL: optional(WebPage),
  Health: optional(z.object({ Warnings: optional(z.record(z.string(), Warning)) })),
  /** WireGuard sessions that changed, by the control server's device IDs; the first line lists all of them. */
  PeerState: optional(z.record(z.string(), z.object({ PeerWireGuardState: z.string() }))),
});
export type Notify = z.infer<typeof Notify>;

const ServedPorts = z.record(
  z.string(),
  z.looseObject({
    TCPForward: z.string().optional(),
    HTTPS: z.boolean().optional(),
    HTTP: z.boolean().optional(),
  }),
);

/** Keyed by `host:port`. */
const ServedSites = z.record(
  z.string(),
  z.looseObject({
    Handlers: optional(z.record(z.string(), z.looseObject({ Proxy: z.string().optional() }))),
  }),
);

/** Config stored under a session: see `foreground.ts`. */
const ServedSection = z.looseObject({ TCP: optional(ServedPorts), Web: optional(ServedSites) });
export type ServedSection = z.infer<typeof ServedSection>;

export const ServeConfig = z.looseObject({
  TCP: optional(ServedPorts),
  /** Keyed by session ID. */
  Foreground: optional(z.record(z.string(), ServedSection)),
  Web: optional(ServedSites),
  AllowFunnel: optional(z.record(z.string(), z.boolean())),
  Services: optional(z.record(z.string(), z.unknown())),
});
export type ServeConfig = z.infer<typeof ServeConfig>;

/** Source: `TailnetLockStatus` in `ipn/ipnstate/ipnstate.go`. */
export const LockStatus = z.object({ NodeKey: optional(z.string()), PublicKey: z.string().default("") });

export const WhoIs = z.object({
  Node: z.object({
    /** The control server's ID for this device, as `Status.Self.ID`. */
    StableID: z.string().default(""),
    Name: z.string(),
    ComputedName: z.string().optional(),
    /** The ID of its user. A tagged device has none, although the control server may name one. */
    User: z.number().default(0),
    Tags: optional(z.array(z.string())),
  }),
  UserProfile: optional(z.object({ LoginName: z.string() })),
  /** Capabilities that grants of the tailnet's policy give the device here. Source: `tailcfg.PeerCapMap`. */
  CapMap: optional(z.record(z.string(), z.array(z.unknown()).nullable())),
});
export type WhoIs = z.infer<typeof WhoIs>;

export const PingResult = z.object({ Err: z.string().default(""), LatencySeconds: z.number().default(0) });

/** Explains how to enable a feature of the tailnet. Source: `tailcfg.QueryFeatureResponse`. */
export const FeatureAnswer = z.object({
  Complete: z.boolean().default(false),
  Text: z.string().default(""),
  URL: WebPage.default(""),
});
export type FeatureAnswer = z.infer<typeof FeatureAnswer>;

import { AppError } from "@tailnet-share/contract/errors";
import { jsonLines } from "../../lib/ndjson.ts";
import { PacketFilter } from "./packet-filter.ts";
import { type Peer, PeersAnswer, peersOf } from "./peers.ts";
import { DevicesAnswer, devicesIn, type TailnetDevice } from "./tailnet-devices.ts";
import { down, type LocalApiTransport } from "./transport.ts";
import { LockStatus, Notify, Prefs, Status, WhoIs } from "./types.ts";

/**
 * Subscribes to state, preferences, health with its actions, and WireGuard sessions. Leaves out the other devices: in a large tailnet
 * one of them changes all the time. Source: `ipn/backend.go`, `NotifyWatchOpt`.
 */
const BUS_MASK = 2 + 4 + 128 + 512 + 262_144;
/** States in which a logged-in tailscaled is connected to the control server or still trying. */
const ON_THE_WAY: ReadonlySet<string> = new Set(["NoState", "Starting", "Running"]);
/** Returns whether a logged-in tailscaled is connected to the control server or still trying. */
export function isOnTheWay({ BackendState }: Pick<Status, "BackendState">): boolean {
  return ON_THE_WAY.has(BackendState);
}

/** The LocalAPI's calls that read the state of tailscaled and its tailnet. */
export interface StatusCalls {
  status(signal?: AbortSignal): Promise<Status>;
  /** All devices that this node knows, except itself. */
  peers(signal?: AbortSignal): Promise<Peer[]>;
  /** All devices that this node knows, including itself and devices with an expired key. */
  devices(signal?: AbortSignal): Promise<TailnetDevice[]>;
  prefs(signal?: AbortSignal): Promise<Prefs>;
  /**
   * Returns the keys that tailnet lock must sign for this device: its node key and its own lock key (`tlpub:…`). With the lock key signed,
   * the device renews its node key without another signature.
   */
  keysToSign(signal?: AbortSignal): Promise<readonly string[]>;
  /** Returns the owner of a tailnet address; null when it is unknown. */
  whois(addressAndPort: string): Promise<WhoIs | null>;
  /**
   * Returns the access rules that tailscaled enforces on this device right now; null when it has none yet or doesn't report them.
   * Source: `ipn/localapi/debug.go`, `serveDebugPacketFilterMatches`.
   */
  packetFilter(signal?: AbortSignal): Promise<PacketFilter | null>;
  /** Yields notifications until the daemon or the signal ends them. */
  watchBus(signal: AbortSignal): AsyncIterable<Notify>;
}

export function statusCalls({ http, call, read }: LocalApiTransport): StatusCalls {
  return {
    status: async (signal) => await read(Status, "status?peers=false", signal),
    peers: async (signal) => peersOf(await read(PeersAnswer, "status", signal)),
    async devices(signal) {
      return devicesIn(await read(DevicesAnswer, "status", signal));
    },
    prefs: async (signal) => await read(Prefs, "prefs", signal),
    async keysToSign(signal) {
      const { NodeKey, PublicKey } = await read(LockStatus, "tka/status", signal);
      // Same format as the `tailscale` command prints. Source: `CLIString` in `types/key/nl.go`.
      return [NodeKey ?? "", PublicKey.replace(/^nlpub:/, "tlpub:")].filter((key) => key !== "");
    },
    async whois(addressAndPort) {
      const answer = await call(
        { method: "GET", path: `whois?addr=${encodeURIComponent(addressAndPort)}` },
        [404],
      );
      return answer.status === 404 ? null : WhoIs.parse(JSON.parse(answer.body));
    },
    async packetFilter(signal) {
      const answer = await call(
        { method: "GET", path: "debug-packet-filter-matches", ...(signal ? { signal } : {}) },
        // No netmap yet, or a tailscaled built without this route.
        [404],
      );
      return answer.status === 404 ? null : (PacketFilter.nullable().parse(JSON.parse(answer.body)) ?? []);
    },
    async *watchBus(signal) {
      const { status, body } = await http
        .stream({ method: "GET", path: `/localapi/v0/watch-ipn-bus?mask=${BUS_MASK}`, signal })
        .catch((cause: unknown) => {
          throw down(cause);
        });
      if (status !== 200)
        throw new AppError("TAILSCALED_REFUSED", `tailscaled refuses to report changes (status ${status}).`);
      for await (const line of jsonLines(body)) yield Notify.parse(line);
    },
  };
}

import { AppError } from "@tailnet-share/contract/errors";
import { z } from "zod";
import { jsonLines } from "../../lib/ndjson.ts";
import { createUnixHttp, type HttpAnswer, type HttpRequest } from "../../lib/unix-http.ts";
import { PacketFilter } from "./packet-filter.ts";
import { type Peer, PeersAnswer, peersOf } from "./peers.ts";
import { DevicesAnswer, devicesIn, type TailnetDevice } from "./tailnet-devices.ts";
import {
  FeatureAnswer,
  LockStatus,
  LoginProfile,
  Notify,
  PingResult,
  Prefs,
  ServeConfig,
  Status,
  WhoIs,
} from "./types.ts";

/**
 * Subscribes to state, preferences, health with its actions, and WireGuard sessions. Leaves out the other devices: in a large tailnet
 * one of them changes all the time. Source: `ipn/backend.go`, `NotifyWatchOpt`.
 */
const BUS_MASK = 2 + 4 + 128 + 512 + 262_144;
/** A first ping may hang when its packet is lost; callers that need an answer retry. Milliseconds. */
export const PING_TIMEOUT_MS = 400;
/**
 * A certificate authority checks a DNS record that the control server has to publish first. When the authority refuses because of its
 * rate limit, tailscaled retries until the request ends, and only then returns the refusal. Source: `tempfork/acme/http.go`.
 */
const CERTIFICATE_MS = 60_000;
const CERTIFICATE_TIMEOUT_MS = CERTIFICATE_MS + 10_000;

/**
 * tailscaled's LocalAPI, as far as this product uses it. Every method rejects with `AppError("TAILSCALED_DOWN")` when the
 * daemon doesn't answer and `AppError("TAILSCALED_REFUSED")` when it refuses.
 * Source: `ipn/localapi/localapi.go` of tailscale 1.102.3. The interface is not stable, so the image pins the version.
 */
export interface LocalApi {
  status(signal?: AbortSignal): Promise<Status>;
  /** All devices that this node knows, except itself. */
  peers(signal?: AbortSignal): Promise<Peer[]>;
  /** All devices that this node knows, including itself and devices with an expired key. */
  devices(signal?: AbortSignal): Promise<TailnetDevice[]>;
  prefs(signal?: AbortSignal): Promise<Prefs>;
  /** Changes the named preferences and keeps the others. */
  patchPrefs(changes: Partial<Prefs>): Promise<void>;
  /**
   * Starts, or restarts with a fresh control client, and changes the named preferences in the same call. So the previous control server
   * receives nothing, and a single-use key is not tried twice.
   */
  start(changes?: Partial<Prefs>, authKey?: string): Promise<void>;
  loginInteractive(): Promise<void>;
  logout(signal?: AbortSignal): Promise<void>;
  profiles(signal?: AbortSignal): Promise<{ all: LoginProfile[]; current: LoginProfile }>;
  /** Creates an empty profile and makes it the current one. */
  newProfile(): Promise<void>;
  switchProfile(id: string): Promise<void>;
  serveConfig(signal?: AbortSignal): Promise<{ config: ServeConfig; etag: string }>;
  /** Rejects with `AppError("TAILSCALED_REFUSED")` when the config changed since `etag`. */
  setServeConfig(config: ServeConfig, etag: string, signal?: AbortSignal): Promise<void>;
  /** Returns whether the tailnet has a feature enabled, and otherwise where to enable it. Asks the control server. */
  queryFeature(feature: "serve" | "funnel"): Promise<FeatureAnswer>;
  /** Gets or renews the certificate for a name of this device; the first time takes up to a minute. */
  certificate(domain: string, signal?: AbortSignal): Promise<void>;
  /**
   * Returns the keys that tailnet lock must sign for this device: its node key and its own lock key (`tlpub:…`). With the lock key signed,
   * the device renews its node key without another signature.
   */
  keysToSign(signal?: AbortSignal): Promise<readonly string[]>;
  /** Returns the owner of a tailnet address; null when it is unknown. */
  whois(addressAndPort: string): Promise<WhoIs | null>;
  /**
   * Returns the round-trip time in milliseconds, or null when the peer doesn't answer within `timeoutMs`. `disco` finds the path to it.
   * `TSMP` goes through WireGuard whatever the tailnet's access controls say, so it makes the handshake that the first visit would
   * otherwise wait for.
   */
  ping(address: string, type: "disco" | "TSMP", timeoutMs?: number): Promise<number | null>;
  /**
   * Opens a TCP connection to another device and closes it. Returns `none` when nothing answers within `timeoutMs`, and null when the
   * result is unknown. Works only without a TUN: with one, tailscaled connects like any program in its namespace.
   * Source: `ipn/localapi/localapi.go`, `serveDial`.
   */
  dial(address: string, port: number, timeoutMs: number): Promise<"taken" | "refused" | "none" | null>;
  /**
   * Returns the access rules that tailscaled enforces on this device right now; null when it has none yet or doesn't report them.
   * Source: `ipn/localapi/debug.go`, `serveDebugPacketFilterMatches`.
   */
  packetFilter(signal?: AbortSignal): Promise<PacketFilter | null>;
  /** Yields notifications until the daemon or the signal ends them. */
  watchBus(signal: AbortSignal): AsyncIterable<Notify>;
  /** Closes its connections. tailscaled never does, so close each client together with its tailscaled. */
  close(): void;
}

/** States in which a logged-in tailscaled is connected to the control server or still trying. */
const ON_THE_WAY: ReadonlySet<string> = new Set(["NoState", "Starting", "Running"]);
/** The Host header that tailscaled expects. */
export const HOST = "local-tailscaled.sock";
/** A machine's socket lies in its own directory. A link there could point to another tailscaled, so links are not followed. */
export const PLAIN = { plain: true } as const;

/** Whether a logged-in tailscaled is connected to the control server or still trying. */
export function isOnTheWay({ BackendState }: Pick<Status, "BackendState">): boolean {
  return ON_THE_WAY.has(BackendState);
}

export function createLocalApi(socketPath: string): LocalApi {
  const http = createUnixHttp(socketPath, HOST, PLAIN);

  async function call(options: HttpRequest, allowed: readonly number[] = []): Promise<HttpAnswer> {
    const answer = await http
      .send({ ...options, path: `/localapi/v0/${options.path}` })
      .catch((cause: unknown) => {
        throw down(cause);
      });
    if (answer.status >= 400 && !allowed.includes(answer.status)) throw refused(options.path, answer);
    return answer;
  }

  async function read<T>(schema: z.ZodType<T>, path: string, signal?: AbortSignal): Promise<T> {
    const answer = await call({ method: "GET", path, ...(signal ? { signal } : {}) });
    return schema.parse(JSON.parse(answer.body));
  }

  async function post(path: string, json?: unknown, signal?: AbortSignal): Promise<void> {
    await call({
      ...{ method: "POST", path },
      ...(json === undefined ? {} : { json }),
      ...(signal ? { signal } : {}),
    });
  }

  return {
    status: async (signal) => await read(Status, "status?peers=false", signal),
    peers: async (signal) => peersOf(await read(PeersAnswer, "status", signal)),
    async devices(signal) {
      return devicesIn(await read(DevicesAnswer, "status", signal));
    },
    prefs: async (signal) => await read(Prefs, "prefs", signal),
    async patchPrefs(changes) {
      const flags = Object.fromEntries(Object.keys(changes).map((name) => [`${name}Set`, true]));
      await call({ method: "PATCH", path: "prefs", json: { ...changes, ...flags } });
    },
    async start(changes, authKey) {
      // tailscaled replaces all preferences with these, so pass the unnamed ones back unchanged.
      const UpdatePrefs = changes && {
        ...(await read(z.record(z.string(), z.unknown()), "prefs")),
        ...changes,
      };
      await post("start", {
        ...(UpdatePrefs ? { UpdatePrefs } : {}),
        ...(authKey === undefined ? {} : { AuthKey: authKey }),
      });
    },
    loginInteractive: async () => await post("login-interactive"),
    logout: async (signal) => await post("logout", undefined, signal),
    async profiles(signal) {
      const [all, current] = await Promise.all([
        read(z.array(LoginProfile).nullable(), "profiles/", signal),
        read(LoginProfile, "profiles/current", signal),
      ]);
      return { all: all ?? [], current };
    },
    async newProfile() {
      await call({ method: "PUT", path: "profiles/" });
    },
    switchProfile: async (id) => await post(`profiles/${encodeURIComponent(id)}`),
    async serveConfig(signal) {
      const answer = await call({ method: "GET", path: "serve-config", ...(signal ? { signal } : {}) });
      const etag = answer.headers.etag;
      return {
        config: ServeConfig.nullable().parse(JSON.parse(answer.body)) ?? {},
        etag: typeof etag === "string" ? etag : "",
      };
    },
    async setServeConfig(config, etag, signal) {
      await call({
        method: "POST",
        path: "serve-config",
        json: config,
        headers: { "if-match": etag },
        ...(signal ? { signal } : {}),
      });
    },
    async queryFeature(feature) {
      const answer = await call({ method: "POST", path: `query-feature?feature=${feature}` });
      return FeatureAnswer.parse(JSON.parse(answer.body));
    },
    async certificate(domain, signal) {
      await call({
        method: "GET",
        path: `cert/${encodeURIComponent(domain)}?type=crt`,
        timeoutMs: CERTIFICATE_TIMEOUT_MS,
        patienceMs: CERTIFICATE_MS,
        ...(signal ? { signal } : {}),
      });
    },
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
    async ping(address, type, timeoutMs = PING_TIMEOUT_MS) {
      const path = `/localapi/v0/ping?ip=${encodeURIComponent(address)}&type=${type}`;
      const answer = await http.send({ method: "POST", path, timeoutMs }).catch(() => null);
      if (answer?.status !== 200) return null;
      // A ping that can't be sent returns 200 with a reason.
      const { Err, LatencySeconds } = PingResult.parse(JSON.parse(answer.body));
      return Err === "" ? LatencySeconds * 1_000 : null;
    },
    async dial(address, port, timeoutMs) {
      const headers = { "dial-host": address, "dial-port": String(port) };
      try {
        const answer = await http.switches("ts-dial", {
          ...{ method: "POST", path: "/localapi/v0/dial", headers, timeoutMs },
        });
        if (answer === null) return "taken";
        return answer.status === 502 && /refused/i.test(answer.body) ? "refused" : null;
      } catch (error) {
        return isTimeout(error) ? "none" : null;
      }
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
    close: http.close,
  };
}

function isTimeout(error: unknown): boolean {
  const causes = [error, error instanceof Error ? error.cause : null];
  return causes.some((one) => one instanceof Error && one.name === "TimeoutError");
}

function down(cause: unknown): AppError {
  return new AppError("TAILSCALED_DOWN", "tailscaled does not answer.", "Tailnet Share restarts it.", {
    cause,
  });
}

/** Error bodies are `{"Error"}`, `{"error"}` or plain text, depending on the route. */
function refused(path: string, answer: HttpAnswer): AppError {
  let reason = answer.body.trim();
  try {
    const parsed = z
      .object({ Error: z.string().optional(), error: z.string().optional() })
      .parse(JSON.parse(answer.body));
    reason = parsed.Error ?? parsed.error ?? reason;
  } catch {
    // Plain text.
  }
  return new AppError("TAILSCALED_REFUSED", `tailscaled refused: ${reason.slice(0, 300)}`, "Try again.", {
    cause: new Error(`${path.split("?")[0]}: ${answer.status}`),
  });
}

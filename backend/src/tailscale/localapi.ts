import { AppError } from "@tailnet-share/contract/errors";
import { z } from "zod";
import { jsonLines } from "../lib/ndjson.ts";
import { createUnixHttp, type HttpAnswer, type HttpRequest } from "../lib/unix-http.ts";
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
 * State, preferences, health with its actions, WireGuard sessions. Not the other devices: in a large tailnet something about
 * one changes all the time. Source: `ipn/backend.go`, `NotifyWatchOpt`.
 */
const BUS_MASK = 2 + 4 + 128 + 512 + 262_144;
/** A first ping may hang when its packet is lost; whoever needs an answer asks again. Milliseconds. */
export const PING_TIMEOUT_MS = 400;
/**
 * A certificate authority looks at a DNS record that the control server has to publish first. When it refuses for its rate limit,
 * tailscaled retries until the request ends, and only then answers with the refusal. Source: `tempfork/acme/http.go`.
 */
const CERTIFICATE_MS = 60_000;
const CERTIFICATE_TIMEOUT_MS = CERTIFICATE_MS + 10_000;

/**
 * tailscaled's LocalAPI, as far as this product uses it. Every method rejects with `AppError("TAILSCALED_DOWN")` when the
 * daemon does not answer and `AppError("TAILSCALED_REFUSED")` when it says no.
 * Source: `ipn/localapi/localapi.go` of tailscale 1.102.3. It is not a stable interface: the image pins the version.
 */
export interface LocalApi {
  status(signal?: AbortSignal): Promise<Status>;
  /** All devices that this node knows of, without itself. */
  peers(signal?: AbortSignal): Promise<Peer[]>;
  /** All devices that this node knows of, itself included, and those whose log-in is over. */
  devices(signal?: AbortSignal): Promise<TailnetDevice[]>;
  prefs(signal?: AbortSignal): Promise<Prefs>;
  /** Changes the named preferences and leaves the others. */
  patchPrefs(changes: Partial<Prefs>): Promise<void>;
  /**
   * Starts, or starts again with a fresh control client, and changes the named preferences in the same breath: nothing is said
   * to the control server of before, and a single-use key is not tried twice.
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
  /** Whether the tailnet has a feature on, and else where to turn it on. Asks the control server. */
  queryFeature(feature: "serve" | "funnel"): Promise<FeatureAnswer>;
  /** Gets, or renews, the certificate for a name of this device; takes up to a minute the first time. */
  certificate(domain: string, signal?: AbortSignal): Promise<void>;
  /**
   * Keys that tailnet lock has to sign for this device: its node key, and its own lock key, `tlpub:…`, which lets it renew the node key
   * later without another signature.
   */
  keysToSign(signal?: AbortSignal): Promise<readonly string[]>;
  /** Who is behind a tailnet address; null for strangers. */
  whois(addressAndPort: string): Promise<WhoIs | null>;
  /**
   * Milliseconds until a peer answered; null when it did not within `timeoutMs`. `disco` finds the path to it; `TSMP` goes through
   * WireGuard and back, whatever the tailnet's rules say, and so makes the handshake that the first visit would otherwise wait for.
   */
  ping(address: string, type: "disco" | "TSMP", timeoutMs?: number): Promise<number | null>;
  /**
   * Opens a TCP connection to another device, and ends it. `none`: no answer within `timeoutMs`. Null: nothing can be said. Only
   * without a TUN: with one, tailscaled connects like any program of its namespace. Source: `ipn/localapi/localapi.go`, `serveDial`.
   */
  dial(address: string, port: number, timeoutMs: number): Promise<"taken" | "refused" | "none" | null>;
  /**
   * Who may open what on this device by the tailnet's rules, as tailscaled enforces them right now; null when it has none yet, or does
   * not tell. Source: `ipn/localapi/debug.go`, `serveDebugPacketFilterMatches`.
   */
  packetFilter(signal?: AbortSignal): Promise<PacketFilter | null>;
  /** Notifications until the daemon or the signal ends them. */
  watchBus(signal: AbortSignal): AsyncIterable<Notify>;
  /** Closes its connections. tailscaled never closes them, so close each client along with its tailscaled. */
  close(): void;
}

/** States in which a tailscaled that was logged in before hears the control server, or tries to. */
const ON_THE_WAY: ReadonlySet<string> = new Set(["NoState", "Starting", "Running"]);
/** What tailscaled wants to be called. */
export const HOST = "local-tailscaled.sock";
/** A machine's socket lies in its own directory. A link from there to another tailscaled's would give that one its orders. */
export const PLAIN = { plain: true } as const;

/** Whether a tailscaled that is logged in hears the control server, or tries to. */
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
      // Preferences given here count as a whole, so those not named must be handed back as they are.
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
      // As the `tailscale` command prints it. Source: `CLIString` in `types/key/nl.go`.
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
      // A ping that could not be sent is a 200 with a reason.
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
        // Without a netmap; and a tailscaled that was built without it.
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

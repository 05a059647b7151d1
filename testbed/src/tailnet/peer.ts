import { z } from "zod";
import type { Engine } from "../engine/engine.ts";
import { machineryFlags, RESTARTS } from "../lib/bed-id.ts";
import { copyIn } from "../lib/copy-in.ts";
import type { RunResult } from "../lib/run.ts";
import { waitFor } from "../lib/wait-for.ts";
import type { BedNetwork } from "./bed-network.ts";
import { hostFlags, type LoginServer, type Surroundings } from "./login-server.ts";

/** Keeps a tailscaled under test from the internet, and lets its relay use plain HTTP. */
export const TAILSCALED_TEST_ENV: Readonly<Record<string, string>> = {
  TS_DEBUG_USE_DERP_HTTP: "1",
  TS_NO_LOGS_NO_SUPPORT: "true",
  TS_DISABLE_PORTMAPPER: "1",
  TS_PANIC_IF_HIT_MAIN_CONTROL: "1",
};

/** Flags of `docker run`. */
export const IPV6_ON = ["--sysctl", "net.ipv6.conf.all.disable_ipv6=0"];
const AUTHORITY_FILE = "/etc/bed-authority.pem";

export type FetchResult =
  | { readonly ok: true; readonly status: number; readonly body: string }
  | {
      readonly ok: false;
      readonly reason: "unknown-name" | "refused" | "timed-out" | "reset" | "failed";
      readonly detail: string;
    };

/** curl's exit codes. */
const REASONS: Readonly<Record<number, "unknown-name" | "refused" | "timed-out" | "reset">> = {
  6: "unknown-name",
  7: "refused",
  28: "timed-out",
  52: "reset",
  56: "reset",
};

const Status = z.object({
  BackendState: z.string(),
  Self: z.object({ DNSName: z.string(), TailscaleIPs: z.array(z.string()).nullable() }),
});

export interface Peer {
  readonly containerId: string;
  /** Without the final dot. */
  readonly dnsName: string;
  /** Tailnet IPv4 address, or the IPv6 address in a tailnet without IPv4. */
  readonly address: string;
  /** Runs a program in the peer, whatever its exit code. Kills it there after `timeoutMs` (10 s). */
  exec(
    argv: readonly string[],
    options?: { readonly timeoutMs?: number; readonly input?: string },
  ): Promise<RunResult>;
  /** GETs a URL from the peer. Never rejects because of the URL's behaviour. `timeoutMs` defaults to 5 s. */
  fetch(url: string, options?: { readonly timeoutMs?: number }): Promise<FetchResult>;
}

export interface PeerOptions {
  /** Flags of `docker run` instead of those for the bed's network, e.g. `["--network", "container:…"]`. */
  readonly networkFlags?: readonly string[];
  /** Enables IPv6 in the peer, which engines up to 25 disable on a network without IPv6. Defaults to false. */
  readonly ipv6?: boolean;
  /** Logs in with this key instead of an ordinary one of the control server. */
  readonly authKey?: string;
}

/** Starts a device of the tailnet and logs it in by key. MagicDNS names resolve in it. */
export async function startPeer(
  engine: Engine,
  image: string,
  network: BedNetwork,
  control: LoginServer,
  options: NamedPeer,
): Promise<Peer> {
  const { name } = options;
  const containerId = await startPeerContainer(engine, image, network, control.surroundings, options);
  const exec = execIn(engine, containerId);
  await logIn(exec, name, control, options.authKey);
  const self = await connected(exec, name);
  const addresses = self.TailscaleIPs ?? [];
  const address = addresses.find((ip) => !ip.includes(":")) ?? addresses[0];
  if (address === undefined) throw new Error(`the peer ${name} got no address`);

  return {
    containerId,
    dnsName: self.DNSName.replace(/\.$/, ""),
    address,
    exec,
    fetch: async (url, { timeoutMs = 5_000 } = {}) => await fetchFrom(exec, url, timeoutMs),
  };
}

interface NamedPeer extends PeerOptions {
  readonly bedId: string;
  readonly name: string;
}

/** Returns the container's ID. */
async function startPeerContainer(
  engine: Engine,
  image: string,
  network: BedNetwork,
  surroundings: Surroundings,
  { bedId, name, networkFlags, ipv6 = false }: NamedPeer,
): Promise<string> {
  const { authority } = surroundings;
  const env = { ...surroundings.env, ...(authority === null ? {} : { SSL_CERT_FILE: AUTHORITY_FILE }) };
  const ownNetwork = ["--hostname", name, "--network", network.name, ...hostFlags(surroundings)];
  const containerId = await engine.docker([
    ...["create", "--init", "--name", `tailnet-share-${name}-${bedId}`],
    ...(networkFlags ?? ownNetwork),
    ...(ipv6 ? IPV6_ON : []),
    ...["--cap-add", "NET_ADMIN", "--cap-add", "NET_RAW", ...tunFlags(engine)],
    ...Object.entries(env).flatMap(([key, value]) => ["-e", `${key}=${value}`]),
    ...RESTARTS,
    ...machineryFlags(bedId),
    image,
  ]);
  if (authority !== null) await copyIn(engine, containerId, { [AUTHORITY_FILE]: authority });
  await engine.docker(["start", containerId]);
  return containerId;
}

/** Podman 4 does not say which system it runs on. Debian's client then refuses `--device`. */
function tunFlags({ isPodman, version }: Engine): readonly string[] {
  return isPodman && version.startsWith("4.") ? ["--privileged"] : ["--device", "/dev/net/tun"];
}

function execIn(engine: Engine, containerId: string): Peer["exec"] {
  return (argv, { timeoutMs = 10_000, input } = {}) => {
    // `timeout` runs inside the container, because killing the docker client would leave the program running there.
    const limited = ["timeout", "-s", "KILL", String(timeoutMs / 1000), ...argv];
    return engine.tryDocker(["exec", ...(input === undefined ? [] : ["-i"]), containerId, ...limited], {
      timeoutMs: timeoutMs + 10_000,
      ...(input === undefined ? {} : { input }),
    });
  };
}

async function logIn(
  exec: Peer["exec"],
  name: string,
  control: LoginServer,
  authKey?: string,
): Promise<void> {
  const flags = [
    ...(control.loginUrl === null ? [] : [`--login-server=${control.loginUrl}`]),
    `--auth-key=${authKey ?? (await control.createAuthKey())}`,
    `--hostname=${name}`,
  ];
  const up = ["tailscale", "up", ...flags, "--accept-dns=true", "--timeout=20s"];
  await waitFor(async () => (await exec(up, { timeoutMs: 25_000 })).code === 0, {
    what: `the peer ${name} to log in`,
    timeoutMs: 60_000,
  });
}

/** Waits until the device is connected, and returns its own entry in the status. */
async function connected(exec: Peer["exec"], name: string): Promise<z.infer<typeof Status>["Self"]> {
  return await waitFor(
    async () => {
      const { stdout } = await exec(["tailscale", "status", "--json", "--peers=false"]);
      const { BackendState, Self } = Status.parse(JSON.parse(stdout));
      return BackendState === "Running" ? Self : null;
    },
    { what: `the peer ${name} to be connected`, timeoutMs: 30_000 },
  );
}

async function fetchFrom(exec: Peer["exec"], url: string, timeoutMs: number): Promise<FetchResult> {
  const argv = ["curl", "-sS", "-m", String(timeoutMs / 1000), "-w", "\n%{http_code}", url];
  const { code, stdout, stderr } = await exec(argv, { timeoutMs: timeoutMs + 2_000 });
  if (code !== 0) return { ok: false, reason: REASONS[code ?? -1] ?? "failed", detail: stderr.trim() };
  const end = stdout.lastIndexOf("\n");
  return { ok: true, status: Number(stdout.slice(end + 1)), body: stdout.slice(0, end) };
}

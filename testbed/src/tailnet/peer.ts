import { z } from "zod";
import type { Engine } from "../engine/engine.ts";
import { machineryFlags, RESTARTS } from "../lib/bed-id.ts";
import { copyIn } from "../lib/copy-in.ts";
import type { RunResult } from "../lib/run.ts";
import { waitFor } from "../lib/wait-for.ts";
import type { BedNetwork } from "./bed-network.ts";
import { hostFlags, type LoginServer } from "./login-server.ts";

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
}

/** Starts a device of the tailnet and logs it in by key. MagicDNS names resolve in it. */
export async function startPeer(
  engine: Engine,
  image: string,
  network: BedNetwork,
  control: LoginServer,
  options: PeerOptions & { readonly bedId: string; readonly name: string },
): Promise<Peer> {
  const { bedId, name } = options;
  const { surroundings, loginUrl } = control;
  const { authority } = surroundings;
  const variables = { ...surroundings.env, ...(authority === null ? {} : { SSL_CERT_FILE: AUTHORITY_FILE }) };
  const env = Object.entries(variables).flatMap(([key, value]) => ["-e", `${key}=${value}`]);
  const ipv6 = options.ipv6 ? IPV6_ON : [];
  const rights = ["--cap-add", "NET_ADMIN", "--cap-add", "NET_RAW", "--device", "/dev/net/tun"];
  const networkFlags = options.networkFlags ?? [
    "--hostname",
    name,
    "--network",
    network.name,
    ...hostFlags(surroundings),
  ];
  const containerId = await engine.docker([
    "create",
    "--init",
    "--name",
    `tailnet-share-${name}-${bedId}`,
    ...networkFlags,
    ...ipv6,
    ...rights,
    ...env,
    ...RESTARTS,
    ...machineryFlags(bedId),
    image,
  ]);
  if (authority !== null) await copyIn(engine, containerId, { [AUTHORITY_FILE]: authority });
  await engine.docker(["start", containerId]);

  const exec: Peer["exec"] = (argv, { timeoutMs = 10_000, input } = {}) => {
    // `timeout` runs inside the container, because killing the docker client would leave the program running there.
    const limited = ["timeout", "-s", "KILL", String(timeoutMs / 1000), ...argv];
    return engine.tryDocker(["exec", ...(input === undefined ? [] : ["-i"]), containerId, ...limited], {
      timeoutMs: timeoutMs + 10_000,
      ...(input === undefined ? {} : { input }),
    });
  };

  const login = [
    ...(loginUrl === null ? [] : [`--login-server=${loginUrl}`]),
    `--auth-key=${await control.createAuthKey()}`,
    `--hostname=${name}`,
  ];
  await waitFor(
    async () =>
      (await exec(["tailscale", "up", ...login, "--accept-dns=true", "--timeout=20s"], { timeoutMs: 25_000 }))
        .code === 0,
    { what: `the peer ${name} to log in`, timeoutMs: 60_000 },
  );
  const status = await waitFor(
    async () => {
      const { stdout } = await exec(["tailscale", "status", "--json", "--peers=false"]);
      const parsed = Status.parse(JSON.parse(stdout));
      return parsed.BackendState === "Running" ? parsed : null;
    },
    { what: `the peer ${name} to be connected`, timeoutMs: 30_000 },
  );
  const addresses = status.Self.TailscaleIPs ?? [];
  const address = addresses.find((ip) => !ip.includes(":")) ?? addresses[0];
  if (address === undefined) throw new Error(`the peer ${name} got no address`);

  return {
    containerId,
    dnsName: status.Self.DNSName.replace(/\.$/, ""),
    address,
    exec,
    async fetch(url, { timeoutMs = 5_000 } = {}) {
      const argv = ["curl", "-sS", "-m", String(timeoutMs / 1000), "-w", "\n%{http_code}", url];
      const result = await exec(argv, { timeoutMs: timeoutMs + 2_000 });
      if (result.code === 0) {
        const end = result.stdout.lastIndexOf("\n");
        return { ok: true, status: Number(result.stdout.slice(end + 1)), body: result.stdout.slice(0, end) };
      }
      const reason = REASONS[result.code ?? -1] ?? "failed";
      return { ok: false, reason, detail: result.stderr.trim() };
    },
  };
}

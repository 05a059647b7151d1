import { setTimeout as delay } from "node:timers/promises";
import type { Bed } from "./bed.ts";
import type { RunResult } from "./lib/run.ts";
import { waitFor } from "./lib/wait-for.ts";
import type { ComposeProject } from "./samples.ts";

/** The client during `down`: none, a browser with an idle connection, or a download. */
export type Visitor = "nobody" | "idle" | "stream";

/** The outcome of a user's command. */
export interface Outcome {
  /** The command succeeded without warnings, and its networks are gone. */
  readonly clean: boolean;
  /** The reason when it isn't clean; otherwise empty. */
  readonly problems: string;
  /** Time between the backend leaving a network and the engine removing it; null if either was missed. Milliseconds. */
  readonly aheadMs: number | null;
}

/** A connection counts as idle after two seconds, and the script takes a moment to begin. Milliseconds. */
const IDLE_MS = 3_500;
const LIVE_MS = 40_000;

const KEEP_OPEN = `import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 10)
s.sendall(b"GET / HTTP/1.1\\r\\nHost: x\\r\\nConnection: keep-alive\\r\\n\\r\\n")
while s.recv(65536): pass`;

/** Waits until a share is live and returns its address. */
export async function liveAt({ api }: Pick<Bed, "api">, workload: string): Promise<URL> {
  const address = await api.waitFor(
    `${workload} to be live`,
    ({ workloads }) => {
      const exposure = workloads.find(({ id }) => id === workload)?.share?.exposure;
      return exposure?.state === "live" ? exposure.endpoints[0]?.address : undefined;
    },
    LIVE_MS,
  );
  return new URL(address);
}

/** Connects a client to a live share and waits until it reaches the wanted state. It exits with its connection. */
async function connect(bed: Bed, workload: string, visitor: Visitor): Promise<void> {
  const { hostname, port, origin } = await liveAt(bed, workload);
  if (visitor === "nobody") return;
  await waitFor(async () => (await bed.peer.fetch(origin)).ok, { what: origin, timeoutMs: 15_000 });
  const argv =
    visitor === "idle"
      ? ["python3", "-c", KEEP_OPEN, hostname, port === "" ? "80" : port]
      : ["curl", "-sN", "-o", "/dev/null", "-m", "60", `${origin}/bytes/90000000/50000`];
  await bed.engine.docker(["exec", "-d", bed.peer.containerId, ...argv]);
  await delay(visitor === "idle" ? IDLE_MS : 1_000);
}

/** Runs a user's command that should remove these networks, then removes any that it leaves. */
export async function takeDown(
  bed: Bed,
  command: () => Promise<RunResult>,
  networks: readonly string[],
): Promise<Outcome> {
  const since = Date.now() / 1_000;
  const { code, stdout, stderr } = await command();
  const problems: string[] = [];
  if (code !== 0) problems.push(`exit code ${code}`);
  if (/in use|active endpoints|error/i.test(stdout + stderr)) problems.push((stdout + stderr).slice(-300));
  for (const network of networks) {
    if ((await bed.engine.docker(["network", "ls", "-q", "--filter", `name=^${network}$`])) === "") continue;
    problems.push(`${network} is still there`);
    await waitFor(async () => (await bed.engine.tryDocker(["network", "rm", network])).code === 0, {
      what: `${network} to go`,
      timeoutMs: 20_000,
    });
  }
  const events = await eventsSince(bed, since);
  const ahead = networks.map((network) => aheadOf(bed, events, network)).filter((ms) => ms !== null);
  // First, because a long report is cut in its middle.
  if (problems.length > 0) problems.unshift(timeline(events, bed));
  const aheadMs = ahead.length === 0 ? null : Math.min(...ahead);
  return { clean: problems.length === 0, problems: problems.join("; "), aheadMs };
}

interface EngineEvent {
  /** Time since the command began. Milliseconds. */
  readonly ms: number;
  /** Action and object, as in `disconnect app_default 3f2a…`. */
  readonly what: string;
}

/** The engine's events of containers and networks, without the bed's own commands in containers. */
async function eventsSince({ engine }: Bed, since: number): Promise<readonly EngineEvent[]> {
  const format = "{{.TimeNano}} {{.Action}} {{.Actor.Attributes.name}} {{.Actor.Attributes.container}}";
  const filters = ["--filter", "type=network", "--filter", "type=container"];
  const options = ["--since", String(since), "--until", String(Date.now() / 1_000), ...filters];
  const lines = (await engine.docker(["events", ...options, "--format", format])).split("\n");
  return lines.flatMap((line) => {
    const [, nano, what = ""] = /^(\d+) (?!exec_)(.*?)(?: <no value>)?$/.exec(line) ?? [];
    return nano === undefined ? [] : [{ ms: Number(nano) / 1e6 - since * 1_000, what }];
  });
}

/** The events with short IDs, as in `110 kill app-web-1, 160 disconnect app_default backend`. */
function timeline(events: readonly EngineEvent[], { desktop }: Bed): string {
  return events
    .map(({ ms, what }) => `${Math.round(ms)} ${what.replace(desktop.backend.containerId, "backend")}`)
    .join(", ")
    .replaceAll(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, "$1");
}

/** Time by which the backend left a network before its removal. */
function aheadOf({ desktop }: Bed, events: readonly EngineEvent[], network: string): number | null {
  const at = (what: string) => events.findLast((event) => event.what === what)?.ms ?? Number.NaN;
  const ms = at(`destroy ${network}`) - at(`disconnect ${network} ${desktop.backend.containerId}`);
  return Number.isFinite(ms) ? Math.round(ms) : null;
}

/** Runs one round: up, live, connect a client, down. */
export async function downRound(
  bed: Bed,
  project: ComposeProject,
  { workload, visitor }: { readonly workload: string; readonly visitor: Visitor },
): Promise<Outcome> {
  await project.up();
  await connect(bed, workload, visitor);
  return await takeDown(bed, () => project.tryCompose(["down"]), [`${project.name}_default`]);
}

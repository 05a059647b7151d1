import { setTimeout as delay } from "node:timers/promises";
import { milliseconds } from "../bench/report.ts";
import { type Bed, openBed } from "../src/bed.ts";
import { waitFor } from "../src/lib/wait-for.ts";
import { inspectAll } from "./actual-state.ts";
import type { Check, Part, TortureContext } from "./part.ts";

/** After this long, tailscaled tries the control server only a few times a minute. */
const AWAY_MS = 180_000;
const BACK_MS = 30_000;
const VISIT_MS = 1_000;

/** Addresses of both shares, and the container of the share in mode `machine`. */
interface Shared {
  readonly node: string;
  readonly own: string;
  /** IDs of the target container and of its machine's container. */
  readonly target: string;
  readonly machine: string;
}

/**
 * Shares one container on the node and one as a machine. Both are within the peer's direct reach, because the outage includes the relay.
 * `prefix` distinguishes their names from another bed's.
 */
async function share(bed: Bed, prefix: string): Promise<Shared> {
  const { api, samples, peer, tailnet } = bed;
  await api.patchSettings({
    machineCredential: { kind: "auth-key", authKey: await tailnet.control.createAuthKey() },
  });
  const own = { name: `${prefix}-own`, http: 80, expose: [], networks: [tailnet.network.name] };
  await samples.start({ name: `${prefix}-node`, http: 8080 });
  const { id } = await samples.start(own);
  const workloads = [`name:${prefix}-node`, `name:${prefix}-own`];
  await api.putShare(`name:${prefix}-node`, { mode: "node" });
  await api.putShare(`name:${prefix}-own`, { mode: "machine" });
  await api.waitFor(
    "both to be live",
    (snapshot) =>
      workloads.every((id) =>
        snapshot.workloads.some(
          (candidate) => candidate.id === id && candidate.share?.exposure.state === "live",
        ),
      ),
    60_000,
  );
  for (const name of ["docker.tail.test", `${own.name}.tail.test`]) {
    const { code, stdout } = await peer.exec(["tailscale", "ping", "--until-direct", "-c", "30", name], {
      timeoutMs: 40_000,
    });
    if (code !== 0) throw new Error(`no direct path to ${name}: ${stdout}`);
  }
  return {
    node: "http://docker.tail.test:8080",
    own: `http://${own.name}.tail.test`,
    target: id,
    machine: await machineOf(bed, id),
  };
}

/** Returns the ID of the machine's container that joined a container's network namespace. */
async function machineOf({ engine }: Bed, target: string): Promise<string> {
  const ids = await engine.docker(["ps", "-q", "--no-trunc", "--filter", "label=tailnet-share.machine"]);
  const format = "{{.Id}} {{.HostConfig.NetworkMode}}";
  // Machines of other beds start and stop meanwhile.
  const modes = await inspectAll(engine, format, ids.split("\n").filter(Boolean));
  const found = modes.find((line) => line.endsWith(` container:${target}`));
  if (found === undefined) throw new Error("the machine has no container");
  return found.split(" ")[0] ?? "";
}

/** Returns true when a machine's tailscaled reports a connection to the control server. */
async function isConnected({ engine }: Bed, machine: string): Promise<boolean> {
  const argv = ["tailscale", "--socket=/state/tailscaled.sock", "status", "--json", "--peers=false"];
  const { stdout } = await engine.tryDocker(["exec", machine, ...argv]);
  return /"Online": true/.test(stdout);
}

/** Returns the milliseconds from the control server's return until the node and a machine reconnect. Rejects after twice the limit. */
async function reconnectTimes(
  bed: Bed,
  machine: () => Promise<string>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const took = new Map<string, number>();
  await bed.tailnet.control.start();
  const began = performance.now();
  const note = async (what: string, done: () => Promise<unknown>): Promise<void> => {
    await waitFor(done, { what, timeoutMs: 2 * BACK_MS, signal });
    took.set(what, performance.now() - began);
  };
  await Promise.all([
    note("the node reconnects", async () => {
      const { alerts, node } = await bed.api.snapshot();
      const isAway = alerts.some(({ code }) => code === "CONTROL_UNREACHABLE");
      return node.state === "connected" && !isAway;
    }),
    note("the machine reconnects", async () => await isConnected(bed, await machine())),
  ]);
  return took;
}

function within(took: ReadonlyMap<string, number>, when: string): Check[] {
  return [...took].map(([what, ms]) => ({
    sentence: `${what} within 30 s of its return${when}`,
    holds: ms <= BACK_MS,
    figure: milliseconds(ms),
  }));
}

/** The outage starts before the backend does, and lasts for minutes afterwards. */
async function awayAtStart({ steps, signal }: TortureContext, bed: Bed): Promise<readonly Check[]> {
  await bed.login();
  const { node, own, target } = await share(bed, "outage-start");
  await bed.tailnet.control.stop();
  await bed.desktop.backend.restart();
  const alerts = await steps.step(`it is away for ${AWAY_MS / 1_000} s when the backend starts`, async () => {
    await delay(AWAY_MS, undefined, { signal });
    return (await bed.api.snapshot()).alerts.map(({ code }) => code);
  });
  const took = await reconnectTimes(bed, async () => await machineOf(bed, target), signal);
  const answers = await Promise.all(
    [node, own].map(
      async (url) =>
        await waitFor(async () => (await bed.peer.fetch(url)).ok, {
          what: `an answer from ${url}`,
          timeoutMs: BACK_MS,
          signal,
        }).then(
          () => null,
          (error: unknown) => String(error),
        ),
    ),
  );
  const silent = answers.filter((failure) => failure !== null);
  return [
    {
      sentence: "the panel reports a control server that was away from the start",
      holds: alerts.includes("CONTROL_UNREACHABLE"),
      figure: alerts.join() || "nothing",
    },
    ...within(took, " when it was away from the start"),
    {
      sentence: "both shares are reached afterwards",
      holds: silent.length === 0,
      figure: silent.length === 0 ? "yes" : silent.join("; "),
    },
  ];
}

async function awayLater({ steps, signal }: TortureContext, bed: Bed): Promise<readonly Check[]> {
  await bed.login();
  const { node: url, machine } = await share(bed, "outage");
  const pids = (await bed.desktop.backend.pidsOf("tailscaled")).join();
  const failed: string[] = [];
  let visits = 0;
  const stopVisiting = new AbortController();
  const visiting = (async () => {
    while (!stopVisiting.signal.aborted) {
      const answer = await bed.peer.fetch(url);
      visits += 1;
      if (!answer.ok) failed.push(answer.reason);
      await delay(VISIT_MS, undefined, { signal: stopVisiting.signal }).catch(() => undefined);
    }
  })();
  let took: ReadonlyMap<string, number> = new Map();
  try {
    await bed.tailnet.control.stop();
    // Changes must take effect during the outage, including those that make tailscaled re-examine its network.
    await steps.step(`the control server is away for ${AWAY_MS / 1_000} s`, async () => {
      await delay(AWAY_MS, undefined, { signal });
      await bed.samples.createNetwork(`outage-${bed.id}`);
      await bed.samples.start({ name: "outage-late", http: 9090, networks: [`outage-${bed.id}`] });
      await bed.api.putShare("name:outage-late", { mode: "node" });
    });
    took = await reconnectTimes(bed, async () => await Promise.resolve(machine), signal);
  } finally {
    stopVisiting.abort();
    await visiting;
  }
  const lateIsReached = (await bed.peer.fetch("http://docker.tail.test:9090")).ok;
  const now = (await bed.desktop.backend.pidsOf("tailscaled")).join();
  return [
    ...within(took, ""),
    {
      sentence: "every visit was answered, during the outage and afterwards",
      holds: failed.length === 0 && visits > 0,
      figure: failed.length === 0 ? `${visits} of them` : `${failed.length} of ${visits}: ${failed[0]}`,
    },
    {
      sentence: "a share added during the outage is reached",
      holds: lateIsReached,
      figure: lateIsReached ? "yes" : "no",
    },
    { sentence: "tailscaled was not restarted", holds: now === pids, figure: now },
  ];
}

export const outage: Part = {
  name: "outage",
  title: "a control server that is away for minutes",
  async run(context) {
    const [later, atStart] = await Promise.all([
      onBed(context, "a bed for 'outage'", awayLater),
      onBed(context, "a bed whose backend starts in it", awayAtStart),
    ]);
    return { tables: [], checks: [...later, ...atStart] };
  },
};

async function onBed(
  context: TortureContext,
  what: string,
  work: (context: TortureContext, bed: Bed) => Promise<readonly Check[]>,
): Promise<readonly Check[]> {
  const { prerequisites, steps } = context;
  const bed = await steps.step(what, () => openBed(prerequisites));
  try {
    return await work(context, bed);
  } catch (error) {
    steps.say((await bed.desktop.backend.logs()).slice(-4_000));
    throw error;
  } finally {
    await steps.step(`clean up ${what}`, () => bed.close());
  }
}

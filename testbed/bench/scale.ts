import { setTimeout as delay } from "node:timers/promises";
import { labelFlags } from "../src/lib/bed-id.ts";
import { waitFor } from "../src/lib/wait-for.ts";
import { idle, idleMedians, idleTable } from "./idle.ts";
import { untilQuiet } from "./idle-windows.ts";
import {
  type Context,
  type Measurement,
  NODE_NAME,
  type Outcome,
  type Table,
  type Verdict,
} from "./measurement.ts";
import { milliseconds, number, SUMMARY_COLUMNS, spread, summaryCells } from "./report.ts";
import { summarize } from "./statistics.ts";
import { openVisitor, type Visitor } from "./visitor.ts";

const CONTAINERS = 200;
const SHARES = 100;
const NETWORKS = 5;
const FIRST_NODE_PORT = 21_000;
const NODE_PORTS = Array.from({ length: SHARES }, (_, index) => FIRST_NODE_PORT + index);

const BACK_MS = 5_000;
const IDLE_PERCENT = 0.3;
const NODE_MB = 75;

/** The first containers serve and are shared; the others only sleep. Distributed evenly over the networks. */
async function startContainers({ bed, targetImage, signal }: Context): Promise<void> {
  async function fillNetwork(first: number): Promise<void> {
    const network = nameOf(bed.id, `net-${first}`);
    await bed.samples.createNetwork(network);
    // Starts them one by one in each network: old engines miscount a network's members when several join it at once.
    for (let index = first; index < CONTAINERS; index += NETWORKS) {
      signal.throwIfAborted();
      const flags = ["--name", nameOf(bed.id, index), "--network", network, ...labelFlags(bed.id)];
      const command = index < SHARES ? ["nginx"] : ["sleep", "infinity"];
      await bed.engine.docker(["run", "-d", "--init", ...flags, targetImage, ...command]);
    }
  }
  const networks = Array.from({ length: NETWORKS }, (_, index) => fillNetwork(index));
  // Wait for all of them before the bed may be swept, even when one has failed.
  for (const end of await Promise.allSettled(networks)) if (end.status === "rejected") throw end.reason;
}

const nameOf = (bedId: string, index: number | string): string => `bench-scale-${bedId}-${index}`;

/** Returns each click's duration in milliseconds. */
async function shareThem({ bed, signal }: Context): Promise<readonly number[]> {
  const took: number[] = [];
  for (const [index, nodePort] of NODE_PORTS.entries()) {
    signal.throwIfAborted();
    const began = performance.now();
    await bed.api.putShare(`name:${nameOf(bed.id, index)}`, {
      ports: [{ port: 80, protocol: "tcp", nodePort }],
    });
    took.push(performance.now() - began);
  }
  return took;
}

interface Restart {
  /** Milliseconds from the kill until the snapshot says connected, and from then until every share has answered. */
  readonly connected: number;
  readonly reachable: number;
}

async function restart({ bed }: Context, visitor: Visitor): Promise<Restart> {
  const { backend } = bed.desktop;
  const starts = await backend.startCount();
  const began = performance.now();
  await backend.kill();
  // The kernel keeps forwarding until the engine has removed the killed backend's network.
  await waitFor(async () => (await backend.startCount()) > starts, {
    what: "the engine to restart the backend",
    timeoutMs: 30_000,
    everyMs: 20,
  });
  const visit = await visitor.visit(`${NODE_NAME}.tail.test`, NODE_PORTS, 250);
  const answered = visit.answered(60_000);
  // The await below reports its failure.
  answered.catch(() => undefined);
  await bed.api.waitFor("the node to be connected again", ({ node }) => node.state === "connected", 60_000);
  const connected = performance.now();
  return { connected: connected - began, reachable: (await answered) - connected };
}

async function run(context: Context): Promise<Outcome> {
  const { bed, steps } = context;
  await steps.step(`start ${CONTAINERS} containers`, () => startContainers(context));
  await bed.api.waitFor(
    "all of them to be listed",
    ({ workloads }) =>
      workloads.filter(({ name, run }) => name.startsWith(`bench-scale-${bed.id}`) && run === "running")
        .length === CONTAINERS,
  );
  const clicks = await steps.step(`share ${SHARES} of them`, () => shareThem(context));
  const restarts = await measureRestarts(context);
  const atRest = await steps.step("nobody watches, and nothing happens", async () => {
    await untilQuiet(context.signal);
    return await idle(bed, context);
  });
  const resting = idleMedians(atRest);
  return {
    tables: [
      sharesTable(clicks, restarts),
      idleTable("The backend at rest, nobody watching: medians", resting),
    ],
    notes: [
      `The first ten clicks took ${spread(clicks.slice(0, 10))} ms, the last ten ${spread(clicks.slice(-10))} ms.`,
    ],
    verdicts: verdicts(restarts, resting),
    samples: { clicks, restarts, atRest },
  };
}

async function measureRestarts(context: Context): Promise<readonly Restart[]> {
  const { bed, rounds, steps, signal } = context;
  const visitor = await openVisitor(bed);
  const restarts: Restart[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      signal.throwIfAborted();
      await steps.step(`restart ${round + 1}`, async (note) => {
        const measured = await restart(context, visitor);
        restarts.push(measured);
        const { connected, reachable } = measured;
        note(`connected after ${milliseconds(connected)}, reachable ${milliseconds(reachable)} later`);
      });
      // The engine forgets a crash after ten seconds of running. Before that, each restart waits twice as long.
      await delay(11_000, undefined, { signal });
    }
  } finally {
    visitor.close();
  }
  return restarts;
}

function sharesTable(clicks: readonly number[], restarts: readonly Restart[]): Table {
  const cells = (values: readonly number[]) => summaryCells(summarize(values));
  return {
    title: `${CONTAINERS} containers, ${SHARES} of them shared, on ${NETWORKS} networks`,
    columns: ["what", ...SUMMARY_COLUMNS],
    rows: [
      ["answer to PUT", ...cells(clicks)],
      ["backend killed → connected", ...cells(restarts.map(({ connected }) => connected))],
      ["connected → all shares answer", ...cells(restarts.map(({ reachable }) => reachable))],
    ],
  };
}

function verdicts(restarts: readonly Restart[], resting: ReturnType<typeof idleMedians>): readonly Verdict[] {
  const reachable = summarize(restarts.map((figures) => figures.reachable));
  return [
    {
      target: `all shares back ≤ 5 s after the node is connected`,
      figure: milliseconds(reachable.max),
      meets: reachable.max <= BACK_MS,
    },
    {
      target: `at rest ≤ ${IDLE_PERCENT} % of a core, all of its programs`,
      figure: `${number(resting.container)} %, of it node ${number(resting.node)} %`,
      meets: resting.container <= IDLE_PERCENT,
    },
    {
      target: `its memory ≤ ${NODE_MB} MB`,
      figure: `${number(resting.nodeMB)} MB`,
      meets: resting.nodeMB <= NODE_MB,
    },
  ];
}

export const scale: Measurement = {
  name: "scale",
  minutes: 7,
  minutesARound: 1.2,
  control: "headscale",
  run,
};

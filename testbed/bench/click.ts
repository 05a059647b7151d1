import { setTimeout as delay } from "node:timers/promises";
import { waitFor } from "../src/lib/wait-for.ts";
import { type Context, type Measurement, NODE_NAME } from "./measurement.ts";
import { milliseconds, SUMMARY_COLUMNS, summaryCells } from "./report.ts";
import { rotated, summarize } from "./statistics.ts";
import { openVisitor, type Visitor } from "./visitor.ts";

const CLICKS_A_ROUND = 4;
const PORT = 8080;
const FIRST_NODE_PORT = 20_000;
const MEDIAN_MS = 500;
const P95_MS = 1_000;
/** Users do not click at the moment when a container starts, so wait until the engine's events are processed. */
const QUIET_MS = 300;

const KINDS = { fresh: "network joined by the click", joined: "network joined already" } as const;
type Kind = keyof typeof KINDS;

interface Click {
  /** Milliseconds until the answer to PUT, and until a client received the first answer from the container. */
  readonly answer: number;
  readonly visit: number;
}

async function listed({ api }: Context["bed"], workload: string): Promise<void> {
  await api.waitFor(`${workload} to be listed`, ({ workloads }) =>
    workloads.some(({ id, run }) => id === workload && run === "running"),
  );
}

async function click(
  { bed, signal }: Context,
  visitor: Visitor,
  click: { readonly number: number; readonly network: string },
): Promise<Click> {
  const name = `bench-click-${bed.id}-${click.number}`;
  const nodePort = FIRST_NODE_PORT + click.number;
  const sample = await bed.samples.start({ name, http: PORT, networks: [click.network] });
  await listed(bed, `name:${name}`);
  const visit = await visitor.visit(`${NODE_NAME}.tail.test`, [nodePort], 1_000);
  await delay(QUIET_MS, undefined, { signal });
  const began = performance.now();
  await bed.api.putShare(`name:${name}`, { ports: [{ port: PORT, protocol: "tcp", nodePort }] });
  const answer = performance.now() - began;
  const answered = await visit.answered(20_000);
  await bed.api.deleteShare(`name:${name}`);
  await bed.samples.remove(sample.id);
  return { answer, visit: answered - began };
}

async function clickOnFreshNetwork(context: Context, visitor: Visitor, number: number): Promise<Click> {
  const { engine, id, samples } = context.bed;
  const network = `bench-click-${id}-${number}`;
  await samples.createNetwork(network);
  const result = await click(context, visitor, { number, network });
  // Engines have room for about thirty networks. The backend leaves this one a moment later.
  await waitFor(async () => (await engine.tryDocker(["network", "rm", network])).code === 0, {
    what: `the backend to leave ${network}`,
    timeoutMs: 10_000,
  });
  return result;
}

/** Keeps the backend in this network with a permanent share. */
async function keepJoined({ bed }: Context): Promise<string> {
  const name = `bench-joined-${bed.id}`;
  await bed.samples.createNetwork(name);
  await bed.samples.start({ name, http: PORT, networks: [name] });
  await listed(bed, `name:${name}`);
  await bed.api.putShare(`name:${name}`);
  await bed.api.waitFor("the lasting share to be live", ({ workloads }) =>
    workloads.some(({ id, share }) => id === `name:${name}` && share?.exposure.state === "live"),
  );
  return name;
}

async function run(context: Context): Promise<Awaited<ReturnType<Measurement["run"]>>> {
  const clicks: Readonly<Record<Kind, Click[]>> = { fresh: [], joined: [] };
  const network = await keepJoined(context);
  const visitor = await openVisitor(context.bed);
  try {
    for (let number = 0; number < context.rounds * CLICKS_A_ROUND; number += 1) {
      for (const kind of rotated<Kind>(["fresh", "joined"], number)) {
        context.signal.throwIfAborted();
        const target = { number: 2 * number + (kind === "fresh" ? 0 : 1), network };
        clicks[kind].push(
          kind === "fresh"
            ? await clickOnFreshNetwork(context, visitor, target.number)
            : await click(context, visitor, target),
        );
      }
    }
  } finally {
    visitor.close();
  }
  const kinds = Object.keys(KINDS) as Kind[];
  return {
    tables: [
      {
        title: "From click to first answer at another device",
        columns: ["click", ...SUMMARY_COLUMNS],
        rows: kinds.flatMap((kind) => [
          [KINDS[kind], ...summaryCells(summarize(clicks[kind].map(({ visit }) => visit)))],
          ["  of it the answer to PUT", ...summaryCells(summarize(clicks[kind].map(({ answer }) => answer)))],
        ]),
      },
    ],
    notes: ["The visitor tries every 3 ms, by MagicDNS name; 'first answer' is its first line of HTTP."],
    verdicts: kinds.flatMap((kind) => {
      const { median, p95 } = summarize(clicks[kind].map(({ visit }) => visit));
      return [
        {
          target: `${KINDS[kind]}, median ≤ 0.5 s`,
          figure: milliseconds(median),
          meets: median <= MEDIAN_MS,
        },
        { target: `${KINDS[kind]}, p95 ≤ 1 s`, figure: milliseconds(p95), meets: p95 <= P95_MS },
      ];
    }),
    samples: clicks,
  };
}

export const clickMeasurement: Measurement = {
  name: "click",
  minutes: 2,
  minutesARound: 0.6,
  control: "headscale",
  run,
};

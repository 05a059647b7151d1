import { milliseconds, number, SUMMARY_COLUMNS, summaryCells } from "../bench/report.ts";
import { summarize } from "../bench/statistics.ts";
import type { Bed } from "../src/bed.ts";
import { recordFile } from "../src/engine/call-record.ts";
import { openRecordedBed } from "../src/recorded-bed.ts";
import { takeCensus } from "./census.ts";
import type { Check, Part, PartResult, TortureContext } from "./part.ts";
import type { Random } from "./random.ts";
import { ruleLines, type Usage, usageOf } from "./usage.ts";

const TOGGLES = 9_700;
/** A container's restart takes half a second and holds the engine up; it is three events. */
const RESTARTS = 300;
const CONTAINERS = 8;
const NETWORKS = 4;
/** Clicks that are under way at the same time, as in several panels. */
const HANDS = 4;
const FIRST_NODE_PORT = 24_000;
const PORT = 8080;
const TENTHS = 10;

/** What may come together while nothing leaks. */
const MORE_MB = 15;
const MORE_DESCRIPTORS = 6;
const SLOWER = 1.5;
/** Below that a processor that does something else decides. Milliseconds. */
const SLOWER_MS = 30;

/** What is held at one moment. */
interface Holdings {
  readonly node: Usage;
  readonly tailscaled: Usage;
  readonly rules: number;
}

interface Tenth {
  readonly toggles: number[];
  readonly holdings: Holdings;
}

interface Container {
  readonly name: string;
  readonly nodePort: number;
  shared: boolean;
}

async function makeContainers({ id, samples }: Bed): Promise<Container[]> {
  const containers: Container[] = [];
  for (let index = 0; index < CONTAINERS; index += 1) {
    const network = `tt-day-${id}-${index % NETWORKS}`;
    if (index < NETWORKS) await samples.createNetwork(network);
    const name = `tt-day-${id}-${index}`;
    await samples.start({ name, http: PORT, networks: [network] });
    containers.push({ name, nodePort: FIRST_NODE_PORT + index, shared: false });
  }
  return containers;
}

/** Answers how long the click took, in milliseconds. */
async function toggle({ api }: Bed, container: Container): Promise<number> {
  const { name, nodePort, shared } = container;
  const began = performance.now();
  if (shared) await api.deleteShare(`name:${name}`);
  else await api.putShare(`name:${name}`, { ports: [{ port: PORT, protocol: "tcp", nodePort }] });
  container.shared = !shared;
  return performance.now() - began;
}

async function holdings(bed: Bed): Promise<Holdings> {
  return {
    node: await usageOf(bed, "node"),
    tailscaled: await usageOf(bed, "tailscaled"),
    rules: await ruleLines(bed),
  };
}

/** One tenth of the day: each hand clicks and restarts its own containers, and all are unshared in the end. */
async function tenth(
  bed: Bed,
  containers: readonly Container[],
  { random, signal }: TortureContext,
): Promise<Tenth> {
  const toggles: number[] = [];
  const events = random.shuffled([
    ...Array.from({ length: TOGGLES / TENTHS }, () => "toggle" as const),
    ...Array.from({ length: RESTARTS / TENTHS }, () => "restart" as const),
  ]);
  async function hand(own: readonly Container[], choices: Random): Promise<void> {
    for (let event = events.pop(); event !== undefined; event = events.pop()) {
      signal.throwIfAborted();
      const container = choices.pick(own);
      if (event === "restart") await bed.engine.docker(["restart", "-t", "0", container.name]);
      else toggles.push(await toggle(bed, container));
    }
  }
  const hands = Array.from({ length: HANDS }, (_, first) =>
    hand(
      containers.filter((_container, index) => index % HANDS === first),
      random,
    ),
  );
  for (const end of await Promise.allSettled(hands)) if (end.status === "rejected") throw end.reason;
  for (const container of containers.filter(({ shared }) => shared)) await toggle(bed, container);
  await bed.api.waitFor("every share to be gone", ({ workloads }) => workloads.every(({ share }) => !share));
  return { toggles, holdings: await holdings(bed) };
}

function checks(
  first: Tenth,
  last: Tenth,
  census: Awaited<ReturnType<typeof takeCensus>>,
  home: string,
): Check[] {
  const memory = (who: string, before: Usage, after: Usage): Check => ({
    sentence: `${who} has as much memory after the last tenth as after the first`,
    holds: after.residentMB <= before.residentMB + MORE_MB,
    figure: `${number(before.residentMB)} → ${number(after.residentMB)} MB`,
  });
  const descriptors = (who: string, before: Usage, after: Usage): Check => ({
    sentence: `${who} has as many descriptors after the last tenth as after the first`,
    holds: after.descriptors <= before.descriptors + MORE_DESCRIPTORS,
    figure: `${before.descriptors} → ${after.descriptors}`,
  });
  const [early, late] = [summarize(first.toggles).median, summarize(last.toggles).median];
  const others = census.networks.filter((name) => name !== home);
  return [
    memory("the backend", first.holdings.node, last.holdings.node),
    memory("tailscaled", first.holdings.tailscaled, last.holdings.tailscaled),
    descriptors("the backend", first.holdings.node, last.holdings.node),
    descriptors("tailscaled", first.holdings.tailscaled, last.holdings.tailscaled),
    {
      sentence: "there are as many rules after the last tenth as after the first",
      holds: first.holdings.rules === last.holdings.rules && census.forwards.length === 0,
      figure: `${first.holdings.rules} → ${last.holdings.rules} lines`,
    },
    {
      sentence: "the backend is in no network but its own when nothing is shared",
      holds: others.length === 0,
      figure: others.length === 0 ? "in none" : others.join(", "),
    },
    {
      sentence: "a click in the last tenth takes as long as in the first",
      holds: late <= Math.max(early * SLOWER, early + SLOWER_MS),
      figure: `median ${milliseconds(early)} → ${milliseconds(late)}`,
    },
  ];
}

async function live(context: TortureContext, bed: Bed): Promise<PartResult> {
  await bed.login();
  const containers = await makeContainers(bed);
  await bed.api.waitFor("all of them to be listed", ({ workloads }) =>
    containers.every(({ name }) =>
      workloads.some(({ id, run }) => id === `name:${name}` && run === "running"),
    ),
  );
  const tenths: Tenth[] = [];
  for (let index = 0; index < TENTHS; index += 1) {
    const title = `${index + 1}. tenth of ${TOGGLES + RESTARTS} clicks and restarts`;
    tenths.push(
      await context.steps.step(title, async (note) => {
        const one = await tenth(bed, containers, context);
        note(`${milliseconds(summarize(one.toggles).median)} a click`);
        return one;
      }),
    );
  }
  const [first, last] = [tenths[0], tenths.at(-1)];
  if (first === undefined || last === undefined) throw new Error("a day without tenths");
  const census = await takeCensus(bed, "");
  return {
    tables: [
      {
        title: "Clicks",
        columns: ["tenth", ...SUMMARY_COLUMNS],
        rows: tenths.map(({ toggles }, index) => [String(index + 1), ...summaryCells(summarize(toggles))]),
      },
      {
        title: "At rest after each tenth",
        columns: ["tenth", "backend, MB", "descriptors", "tailscaled, MB", "descriptors", "rules, lines"],
        rows: tenths.map(({ holdings: { node, tailscaled, rules } }, index) => [
          String(index + 1),
          number(node.residentMB),
          String(node.descriptors),
          number(tailscaled.residentMB),
          String(tailscaled.descriptors),
          String(rules),
        ]),
      },
    ],
    checks: checks(first, last, census, bed.tailnet.network.name),
  };
}

export const day: Part = {
  name: "day",
  title: "24 hours in miniature",
  async run(context) {
    const { prerequisites, steps } = context;
    const { bed } = await steps.step("a bed for 'day'", () =>
      openRecordedBed(prerequisites, {}, recordFile("day")),
    );
    try {
      return await live(context, bed);
    } catch (error) {
      steps.say((await bed.desktop.backend.logs()).slice(-4_000));
      throw error;
    } finally {
      await steps.step("clean up", () => bed.close());
    }
  },
};

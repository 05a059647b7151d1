import type { Table } from "../bench/measurement.ts";
import { milliseconds, number, SUMMARY_COLUMNS, summaryCells } from "../bench/report.ts";
import { summarize } from "../bench/statistics.ts";
import { type Bed, openBed } from "../src/bed.ts";
import { recordFile } from "../src/engine/call-record.ts";
import { openRecordedBed } from "../src/recorded-bed.ts";
import { readActualState } from "./actual-state.ts";
import type { Check, Part, PartResult, TortureContext } from "./part.ts";
import { type Holdings, holdings, tailscaledHeap, type Usage } from "./usage.ts";

const TENTHS = 10;
/** Number of containers. A separate loop clicks each, as several panels would. */
const CONTAINERS = 16;
const CLICKS_A_TENTH = 61;
/**
 * The first container is alone on its network, so that each click on it is a join or a leave. The others share one network. The kernel
 * takes a tenth of a second for either and blocks all others meanwhile, and the day must end in time.
 */
const NETWORKS = 2;
const JOINS_A_TENTH = 16;
/** A restart takes half a second and blocks the engine. */
const RESTARTS_A_TENTH = 1;
/** Minimum number of engine events per restart: `kill`, `die`, `stop`, `start`, `restart`. */
const EVENTS = 5;
const TOGGLES = TENTHS * ((CONTAINERS - 1) * CLICKS_A_TENTH + JOINS_A_TENTH);
const RESTARTS = TENTHS * CONTAINERS * RESTARTS_A_TENTH;
const FIRST_NODE_PORT = 24_000;
const PORT = 8080;

/** Allowed growth without a leak. */
const MORE_MB = 15;
const MORE_HEAP_MB = 5;
const MORE_DESCRIPTORS = 6;
const SLOWER = 1.5;
/** Below this, unrelated processor load dominates. Milliseconds. */
const SLOWER_MS = 30;

interface Tenth {
  readonly toggles: number[];
  /** With everything shared, and with nothing shared. */
  readonly busy: Holdings;
  readonly idle: Holdings;
  /** tailscaled's memory in use at that time, in millions of bytes. */
  readonly heapMB: number;
}

interface Container {
  readonly name: string;
  readonly nodePort: number;
  shared: boolean;
}

async function makeContainers({ id, samples }: Bed): Promise<Container[]> {
  const containers: Container[] = [];
  for (let index = 0; index < CONTAINERS; index += 1) {
    const network = `tt-day-${id}-${Math.min(index, NETWORKS - 1)}`;
    if (index < NETWORKS) await samples.createNetwork(network);
    const name = `tt-day-${id}-${index}`;
    await samples.start({ name, http: PORT, networks: [network] });
    containers.push({ name, nodePort: FIRST_NODE_PORT + index, shared: false });
  }
  return containers;
}

/** Returns the duration of the click in milliseconds. */
async function toggle({ api }: Bed, container: Container): Promise<number> {
  const { name, nodePort, shared } = container;
  const began = performance.now();
  if (shared) await api.deleteShare(`name:${name}`);
  else await api.putShare(`name:${name}`, { ports: [{ port: PORT, protocol: "tcp", nodePort }] });
  container.shared = !shared;
  return performance.now() - began;
}

/** Runs one tenth of the day: each loop clicks and restarts its own container. Then all are shared, and finally none. */
async function tenth(
  bed: Bed,
  containers: readonly Container[],
  { random, signal }: Pick<TortureContext, "random" | "signal">,
): Promise<Tenth> {
  const toggles: number[] = [];
  async function clickAndRestart(container: Container, index: number): Promise<void> {
    const choices = random.fork(`container ${index}`);
    const clicks = index === 0 ? JOINS_A_TENTH : CLICKS_A_TENTH;
    const events = choices.shuffled([
      ...Array.from({ length: clicks }, () => "toggle" as const),
      ...Array.from({ length: RESTARTS_A_TENTH }, () => "restart" as const),
    ]);
    for (const event of events) {
      signal.throwIfAborted();
      if (event === "restart") await bed.engine.docker(["restart", "-t", "0", container.name]);
      else toggles.push(await toggle(bed, container));
    }
  }
  const loops = containers.map(clickAndRestart);
  for (const end of await Promise.allSettled(loops)) if (end.status === "rejected") throw end.reason;
  const toggleAll = async (some: readonly Container[]) =>
    await Promise.all(some.map(async (container) => await toggle(bed, container)));
  await toggleAll(containers.filter(({ shared }) => !shared));
  await bed.api.waitFor(
    "everything to be shared and live",
    ({ workloads }) =>
      workloads.filter(({ share }) => share?.exposure.state === "live").length === containers.length,
  );
  const busy = await holdings(bed);
  await toggleAll(containers);
  await bed.api.waitFor("every share to be gone", ({ workloads }) =>
    workloads.every(({ share, ending }) => !share && !ending),
  );
  return { toggles, busy, idle: await holdings(bed), heapMB: await tailscaledHeap(bed) };
}

function checks(
  first: Tenth,
  last: Tenth,
  actualState: Awaited<ReturnType<typeof readActualState>>,
  ownNetwork: string,
): Check[] {
  const unchanged = (what: string, when: "busy" | "idle", figure: "rules" | "attachments"): Check => ({
    sentence: `there are as many ${what} after the last tenth as after the first`,
    holds: first[when][figure] === last[when][figure],
    figure: `${first[when][figure]} → ${last[when][figure]}`,
  });
  const memory = (has: string, before: number, after: number, allowedGrowth: number): Check => ({
    sentence: `${has} after the last tenth as after the first`,
    holds: after <= before + allowedGrowth,
    figure: `${number(before)} → ${number(after)} MB`,
  });
  const descriptors = (program: string, before: Usage, after: Usage): Check => ({
    sentence: `${program} has as many descriptors after the last tenth as after the first`,
    holds: after.descriptors <= before.descriptors + MORE_DESCRIPTORS,
    figure: `${before.descriptors} → ${after.descriptors}`,
  });
  const [firstMedian, lastMedian] = [summarize(first.toggles).median, summarize(last.toggles).median];
  const joined = actualState.networks.filter((name) => name !== ownNetwork);
  return [
    memory("the backend has as much memory", first.idle.node.residentMB, last.idle.node.residentMB, MORE_MB),
    memory("tailscaled has as much memory in use", first.heapMB, last.heapMB, MORE_HEAP_MB),
    descriptors("the backend", first.idle.node, last.idle.node),
    descriptors("tailscaled", first.idle.tailscaled, last.idle.tailscaled),
    unchanged("lines of rules with everything shared", "busy", "rules"),
    unchanged("lines of rules with nothing shared", "idle", "rules"),
    unchanged("networks that the backend is in with everything shared", "busy", "attachments"),
    {
      sentence: "nothing is forwarded when nothing is shared",
      holds: actualState.forwards.length === 0,
      figure: actualState.forwards.length === 0 ? "nothing" : actualState.forwards.join(", "),
    },
    {
      sentence: "the backend is in no network but its own when nothing is shared",
      holds: joined.length === 0,
      figure: joined.length === 0 ? "in none" : joined.join(", "),
    },
    {
      sentence: "a click in the last tenth takes as long as in the first",
      holds: lastMedian <= Math.max(firstMedian * SLOWER, firstMedian + SLOWER_MS),
      figure: `median ${milliseconds(firstMedian)} → ${milliseconds(lastMedian)}`,
    },
  ];
}

function table(title: string, when: "busy" | "idle", tenths: readonly Tenth[]): Table {
  const columns = ["backend, MB", "descriptors", "tailscaled, MB", "descriptors", "rules, lines", "networks"];
  return {
    title,
    columns: ["tenth", ...columns],
    rows: tenths.map(({ [when]: { node, tailscaled, rules, attachments } }, index) => [
      String(index + 1),
      number(node.residentMB),
      String(node.descriptors),
      number(tailscaled.residentMB),
      String(tailscaled.descriptors),
      String(rules),
      String(attachments),
    ]),
  };
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
    const title = `${index + 1}. tenth of ${TOGGLES + RESTARTS * EVENTS} clicks and container events`;
    tenths.push(
      await context.steps.step(title, async (note) => {
        const { random, signal } = context;
        const result = await tenth(bed, containers, { random: random.fork(`tenth ${index + 1}`), signal });
        note(`${milliseconds(summarize(result.toggles).median)} a click`);
        return result;
      }),
    );
  }
  const [first, last] = [tenths[0], tenths.at(-1)];
  if (first === undefined || last === undefined) throw new Error("a day without tenths");
  const actualState = await readActualState(bed, "");
  return {
    tables: [
      {
        title: "Clicks",
        columns: ["tenth", ...SUMMARY_COLUMNS],
        rows: tenths.map(({ toggles }, index) => [String(index + 1), ...summaryCells(summarize(toggles))]),
      },
      table("At rest after each tenth, with everything shared", "busy", tenths),
      table("At rest after each tenth, with nothing shared", "idle", tenths),
    ],
    checks: checks(first, last, actualState, bed.tailnet.network.name),
  };
}

export const day: Part = {
  name: "day",
  title: "24 hours in miniature",
  async run(context) {
    const { prerequisites, steps } = context;
    const { bed } = await steps.step("a bed for 'day'", () =>
      openRecordedBed(prerequisites, (relayed) => openBed(relayed), recordFile("day")),
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

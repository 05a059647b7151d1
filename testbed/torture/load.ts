import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { milliseconds, number, SUMMARY_COLUMNS, summaryCells } from "../bench/report.ts";
import { summarize } from "../bench/statistics.ts";
import { type Bed, openBed } from "../src/bed.ts";
import { copyIn } from "../src/lib/copy-in.ts";
import { waitFor } from "../src/lib/wait-for.ts";
import { type ManyShares, openManyShares } from "./many-shares.ts";
import { openPanels, type Panels } from "./panels.ts";
import type { Check, Part, PartResult, TortureContext } from "./part.ts";
import { holdings, tailscaledHeap, type Usage, usageOf } from "./usage.ts";

const SHARES = 100;
const CLIENTS = 64;
const SECONDS = 20;
/** Excludes one-time initialization. */
const WARM_UP_SECONDS = 5;
const PANELS = 200;
const CHANGES = 12;
const FIRST_NODE_PORT = 23_000;
const CLIENTS_SCRIPT = fileURLToPath(new URL("./clients.py", import.meta.url));

/** Allowed growth without a leak: caches, and a heap that is collected at arbitrary times. */
const MORE_MB = 20;
const MORE_HEAP_MB = 5;
const MORE_DESCRIPTORS = 8;
/** Clients, servers and the data path share the processor, so a later third may be slower than the first. */
const SLOWER = 1.5;
const CHANGE_MS = 2_000;

/** Durations of the exchanges in milliseconds, in the order of completion. */
interface Exchanges {
  readonly down: readonly number[];
  readonly up: readonly number[];
  /** Failed exchanges and their reasons. */
  readonly failed: readonly string[];
}

async function clients({ engine, peer }: Bed, seconds: number): Promise<Exchanges> {
  await copyIn(engine, peer.containerId, { "/opt/clients.py": await readFile(CLIENTS_SCRIPT, "utf8") });
  const scale = [seconds, CLIENTS, FIRST_NODE_PORT, SHARES].map(String);
  const argv = ["python3", "/opt/clients.py", "docker.tail.test", ...scale];
  const { code, stdout, stderr } = await peer.exec(argv, { timeoutMs: (seconds + 40) * 1_000 });
  if (code !== 0) throw new Error(`the clients ended with code ${code}: ${stderr.slice(-500)}`);
  const valuesOf = (word: string): readonly string[] =>
    stdout.split("\n").flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []));
  const figures = (direction: string): readonly number[] =>
    valuesOf(direction).join(" ").split(" ").filter(Boolean).map(Number);
  return { down: figures("down"), up: figures("up"), failed: valuesOf("failed") };
}

function third(list: readonly number[], part: 0 | 2): readonly number[] {
  const size = Math.floor(list.length / 3);
  return list.slice(part * size, (part + 1) * size);
}

function steady(direction: string, took: readonly number[]): Check {
  const [first, last] = [summarize(third(took, 0)).median, summarize(third(took, 2)).median];
  return {
    sentence: `${CLIENTS} clients ${direction} wait at the end as long as in the beginning`,
    holds: last <= first * SLOWER,
    figure: `median ${milliseconds(first)} → ${milliseconds(last)}`,
  };
}

function descriptors(program: string, during: string, before: Usage, after: Usage): Check {
  return {
    sentence: `${program} has as many descriptors after ${during} as before`,
    holds: after.descriptors <= before.descriptors + MORE_DESCRIPTORS,
    figure: `${before.descriptors} → ${after.descriptors}`,
  };
}

function flat(program: string, during: string, before: Usage, after: Usage): readonly Check[] {
  return [
    {
      sentence: `${program} has as much memory after ${during} as before`,
      holds: after.residentMB <= before.residentMB + MORE_MB,
      figure: `${number(before.residentMB)} → ${number(after.residentMB)} MB`,
    },
    descriptors(program, during, before, after),
  ];
}

/** WireGuard keeps the buffers of its busiest moment for a while, which is not a leak. */
function heapFlat([before, after]: readonly [number, number], resident: readonly [Usage, Usage]): Check {
  const [first, last] = resident.map(({ residentMB }) => number(residentMB));
  return {
    sentence: "tailscaled has as much memory in use after the clients as before",
    holds: after <= before + MORE_HEAP_MB,
    figure: `${number(before)} → ${number(after)} MB; resident ${first} → ${last} MB`,
  };
}

function same(what: string, before: number, after: number): Check {
  return {
    sentence: `there are as many ${what} after the clients as before`,
    holds: before === after,
    figure: `${before} → ${after}`,
  };
}

async function underClients({ steps }: TortureContext, bed: Bed): Promise<PartResult> {
  await steps.step(`${CLIENTS} clients each way to warm up`, () => clients(bed, WARM_UP_SECONDS));
  const heapBefore = await tailscaledHeap(bed);
  const before = await holdings(bed);
  const exchanges = await steps.step(`${CLIENTS} clients each way for ${SECONDS} s`, () =>
    clients(bed, SECONDS),
  );
  const after = await holdings(bed);
  const heapAfter = await tailscaledHeap(bed);
  const { down, up, failed } = exchanges;
  return {
    tables: [
      {
        title: `${SHARES} shares under ${CLIENTS} clients each way, each exchange 64 KiB on a new connection`,
        columns: ["way", ...SUMMARY_COLUMNS],
        rows: [
          ["from the container", ...summaryCells(summarize(down))],
          ["to the container", ...summaryCells(summarize(up))],
        ],
      },
    ],
    checks: [
      {
        sentence: "every exchange was completed",
        holds: failed.length === 0 && down.length > CLIENTS && up.length > CLIENTS,
        figure:
          failed.length === 0
            ? `${down.length + up.length} of them`
            : `${failed.length} failed, such as ${failed.slice(0, 5).join("; ")}`,
      },
      steady("that fetch", down),
      steady("that send", up),
      ...flat("the backend", "the clients", before.node, after.node),
      heapFlat([heapBefore, heapAfter], [before.tailscaled, after.tailscaled]),
      descriptors("tailscaled", "the clients", before.tailscaled, after.tailscaled),
      same("lines of rules", before.rules, after.rules),
      same("networks that the backend is in", before.attachments, after.attachments),
    ],
  };
}

/** Changes one share after another. Returns the time until every panel was notified. */
async function changes(
  { random, signal }: TortureContext,
  shares: ManyShares,
  panels: Panels,
): Promise<readonly number[]> {
  const took: number[] = [];
  for (let change = 0; change < CHANGES; change += 1) {
    const index = random.below(SHARES);
    for (const click of [shares.unshare, shares.share]) {
      signal.throwIfAborted();
      await panels.quiet();
      const [each] = await Promise.all([panels.changed(30_000), click(index)]);
      took.push(...each);
    }
  }
  return took;
}

async function underPanels(context: TortureContext, bed: Bed, shares: ManyShares): Promise<PartResult> {
  const before = await holdings(bed);
  const panels = await openPanels(bed, PANELS);
  const open = await waitFor(
    async () => {
      const usage = await usageOf(bed, "node");
      return usage.descriptors >= before.node.descriptors + PANELS && usage;
    },
    { what: `${PANELS} panels to wait for the backend`, timeoutMs: 20_000 },
  );
  const took = await context.steps.step(`${PANELS} panels see ${2 * CHANGES} changes`, () =>
    changes(context, shares, panels),
  );
  const busy = await usageOf(bed, "node");
  const closed = panels.close();
  await shares.unshare(0);
  await closed;
  const after = await waitFor(
    async () => {
      const usage = await holdings(bed);
      return usage.node.descriptors <= before.node.descriptors + MORE_DESCRIPTORS && usage;
    },
    { what: "the panels' connections to be gone", timeoutMs: 20_000 },
  );
  const half = took.length / 2;
  const [first, last] = [summarize(took.slice(0, half)).median, summarize(took.slice(half)).median];
  return {
    tables: [
      {
        title: `From a click until each of ${PANELS} panels shows the change`,
        columns: ["", ...SUMMARY_COLUMNS],
        rows: [["all of them", ...summaryCells(summarize(took))]],
      },
    ],
    checks: [
      {
        sentence: `${PANELS} panels all see every change within 2 s`,
        holds: panels.failures.length === 0 && summarize(took).max <= CHANGE_MS,
        figure: panels.failures[0] ?? `the slowest ${milliseconds(summarize(took).max)}`,
      },
      {
        sentence: "panels see the last changes as fast as the first",
        holds: last <= first * SLOWER,
        figure: `median ${milliseconds(first)} → ${milliseconds(last)}`,
      },
      {
        sentence: "the backend's memory does not grow while the panels stay",
        holds: busy.residentMB <= open.residentMB + MORE_MB,
        figure: `${number(open.residentMB)} → ${number(busy.residentMB)} MB`,
      },
      ...flat("the backend", "the panels", before.node, after.node),
    ],
  };
}

export const load: Part = {
  name: "load",
  title: "load",
  async run(context) {
    const { prerequisites, steps } = context;
    const bed = await steps.step("a bed for 'load'", () => openBed(prerequisites));
    try {
      await bed.login();
      const shares = await openManyShares(context, bed, { count: SHARES, firstNodePort: FIRST_NODE_PORT });
      await steps.step(`share all ${SHARES}`, () => shares.shareAll());
      const parts = [await underClients(context, bed), await underPanels(context, bed, shares)];
      return {
        tables: parts.flatMap(({ tables }) => tables),
        checks: parts.flatMap(({ checks }) => checks),
      };
    } catch (error) {
      steps.say((await bed.desktop.backend.logs()).slice(-4_000));
      throw error;
    } finally {
      await steps.step("clean up", () => bed.close());
    }
  },
};

import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { milliseconds, SUMMARY_COLUMNS, summaryCells } from "../bench/report.ts";
import { summarize } from "../bench/statistics.ts";
import { type Bed, openBed } from "../src/bed.ts";
import { liveAt } from "../src/compose-rounds.ts";
import { waitFor } from "../src/lib/wait-for.ts";
import type { Check, Part, TortureContext } from "./part.ts";

const NODE_ROUNDS = 200;
const MACHINE_ROUNDS = 100;
const LOOPS = 3;
/** Timeout of a busy loop that applies even if this process dies. Milliseconds. */
const LOOP_MS = 2_400_000;
/** Below TCP's second retry after 3 s and WireGuard's handshake retry after 5 s. Milliseconds. */
const FIRST_ANSWER_MS = 2_500;
const VISIT_MS = 20_000;
const MACHINE_MS = 60_000;
const PORT = 8080;
/** Logs of both sides around a slow visit. */
const EVIDENCE = fileURLToPath(new URL("../../.artifacts/first-visits/", import.meta.url));

interface Visit {
  readonly ms: number;
  readonly answered: boolean;
  readonly answer: string;
}

/** A kind of first visit: how a device becomes new, and where to visit it. */
interface Kind {
  readonly name: string;
  readonly rounds: number;
  /** Creates a device of the tailnet without any visits. Resolves with its address once its row is live. */
  newDevice(bed: Bed, round: number): Promise<string>;
}

/** Registers the node as a new device of the tailnet, like the first login on a new computer. */
async function registerAgain(bed: Bed): Promise<void> {
  await bed.api.logout();
  const { control } = bed.tailnet;
  for (const { id, name } of await control.listNodes()) if (name !== "phone") await control.deleteNode(id);
  await bed.login();
}

const asNode: Kind = {
  name: "the node",
  rounds: NODE_ROUNDS,
  async newDevice(bed) {
    await registerAgain(bed);
    return (await liveAt(bed, `name:${sampleOf(bed, 0)}`)).href;
  },
};

/** Alternates two containers: one's machine leaves the tailnet during the visit to the other's. */
const asMachine: Kind = {
  name: "a machine",
  rounds: MACHINE_ROUNDS,
  async newDevice(bed, round) {
    const [now, before] = [0, 1].map((offset) => `name:${sampleOf(bed, (round + offset) % 2)}`);
    if (now === undefined || before === undefined) throw new Error("two containers take turns");
    await bed.api.deleteShare(before).catch(() => undefined);
    await bed.api.putShare(now, { mode: "machine" });
    const address = await bed.api.waitFor(
      `${now} to be a machine`,
      ({ workloads }) => {
        const share = workloads.find(({ id }) => id === now)?.share;
        return share?.exposure.state === "live" ? share.machine?.addresses[0] : undefined;
      },
      MACHINE_MS,
    );
    return `http://${address}:${PORT}/`;
  },
};

function sampleOf(bed: Bed, index: number): string {
  return `first-${index}-${bed.id}`;
}

async function firstVisit(bed: Bed, kind: Kind, round: number): Promise<Visit> {
  const address = await kind.newDevice(bed, round);
  const began = performance.now();
  const answer = await bed.peer.fetch(address, { timeoutMs: VISIT_MS });
  const ms = Math.round(performance.now() - began);
  const visit = answer.ok
    ? { ms, answered: answer.status === 200, answer: `status ${answer.status}` }
    : { ms, answered: false, answer: `${answer.reason}: ${answer.detail}` };
  if (isSlow(visit)) await keepEvidence(bed, `${kind.name.replaceAll(" ", "-")}-${round}`, address, visit);
  return visit;
}

function isSlow({ ms, answered }: Visit): boolean {
  return !answered || ms > FIRST_ANSWER_MS;
}

/** Saves the last half minute of logs from the client's tailscaled, the product and the control server. */
async function keepEvidence(bed: Bed, name: string, address: string, visit: Visit): Promise<void> {
  const { engine, peer, desktop, tailnet } = bed;
  const machines = await engine.docker(["ps", "-aq", "--filter", "label=tailnet-share.installation"]);
  const logsOf = async (id: string): Promise<string> => {
    const { stdout, stderr } = await engine.tryDocker(["logs", "--timestamps", "--since", "40s", id]);
    return stdout + stderr;
  };
  const parts: [string, string][] = [
    ["visit", `${address} ${JSON.stringify(visit)} at ${new Date().toISOString()}`],
    ["the visitor's devices", (await peer.exec(["tailscale", "status", "--json"])).stdout],
    ["the visitor", await logsOf(peer.containerId)],
    ["the control server", await logsOf(tailnet.control.containerId)],
    ["the backend", await logsOf(desktop.backend.containerId)],
    ["the product's logs", JSON.stringify(await bed.api.raw({ method: "GET", url: "/logs" }), null, 1)],
  ];
  for (const id of machines.split("\n").filter((line) => line !== ""))
    parts.push([`machine ${id}`, await logsOf(id)]);
  await mkdir(EVIDENCE, { recursive: true });
  await writeFile(
    join(EVIDENCE, `${bed.id}-${name}.txt`),
    parts.map(([title, text]) => `===== ${title}\n${text}\n`).join("\n"),
  );
}

async function visits({ signal }: TortureContext, bed: Bed, kind: Kind): Promise<readonly Visit[]> {
  const busy = Array.from({ length: LOOPS }, () =>
    spawn("sh", ["-c", "while :; do :; done"], { stdio: "ignore", timeout: LOOP_MS, killSignal: "SIGKILL" }),
  );
  const all: Visit[] = [];
  try {
    while (all.length < kind.rounds && !signal.aborted) all.push(await firstVisit(bed, kind, all.length));
  } finally {
    for (const loop of busy) loop.kill("SIGKILL");
  }
  return all;
}

/** Starts two containers on the tailnet's own network, where machines reach the control server. Shares the first on the node. */
async function ready(bed: Bed): Promise<void> {
  await bed.login();
  const authKey = await bed.tailnet.control.createAuthKey();
  await bed.api.patchSettings({ machineCredential: { kind: "auth-key", authKey } });
  const networks = [bed.tailnet.network.name];
  for (const index of [0, 1]) await bed.samples.start({ name: sampleOf(bed, index), http: PORT, networks });
  const workload = `name:${sampleOf(bed, 0)}`;
  await waitFor(async () => (await bed.api.snapshot()).workloads.some(({ id }) => id === workload), {
    what: workload,
    timeoutMs: MACHINE_MS,
  });
  await bed.api.putShare(workload, { mode: "node", ports: [{ port: PORT, protocol: "tcp" }] });
}

function checkOf(kind: Kind, all: readonly Visit[]): Check {
  const slow = all.filter(isSlow);
  const slowest = Math.max(...all.map(({ ms }) => ms));
  const reasons = slow.map(({ ms, answer }) => `${answer} after ${ms} ms`);
  return {
    sentence: `the first visit to ${kind.name} is answered within ${FIRST_ANSWER_MS} ms, ${kind.rounds} times in a row`,
    holds: all.length === kind.rounds && slow.length === 0,
    figure: [`${all.length - slow.length}, the slowest ${milliseconds(slowest)}`, ...reasons].join("; "),
  };
}

export const firstVisits: Part = {
  name: "first-visits",
  title: "the first visits to a new device",
  async run(context) {
    const { prerequisites, steps, signal } = context;
    const bed = await steps.step("a bed for 'first-visits'", () =>
      openBed(prerequisites, { tailscaledVerbosity: 2 }),
    );
    try {
      await ready(bed);
      const visitsOfKinds: [Kind, readonly Visit[]][] = [];
      for (const kind of [asNode, asMachine]) {
        const title = `${kind.rounds} first visits to ${kind.name} with ${LOOPS} busy loops`;
        visitsOfKinds.push([kind, await steps.step(title, async () => await visits(context, bed, kind))]);
        signal.throwIfAborted();
      }
      return {
        tables: [
          {
            title: "From the row that says 'Shared' to the first answer",
            columns: ["", ...SUMMARY_COLUMNS],
            rows: visitsOfKinds.map(([{ name }, all]) => [
              name,
              ...summaryCells(summarize(all.map(({ ms }) => ms))),
            ]),
          },
        ],
        checks: visitsOfKinds.map(([kind, all]) => checkOf(kind, all)),
      };
    } finally {
      await steps.step("clean up the bed for 'first-visits'", () => bed.close());
    }
  },
};

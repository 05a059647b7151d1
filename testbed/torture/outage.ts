import { setTimeout as delay } from "node:timers/promises";
import { milliseconds } from "../bench/report.ts";
import { type Bed, openBed } from "../src/bed.ts";
import { waitFor } from "../src/lib/wait-for.ts";
import type { Check, Part, PartResult, TortureContext } from "./part.ts";

/** By then tailscaled tries the control server a few times a minute only. */
const AWAY_MS = 180_000;
const BACK_MS = 30_000;
const VISIT_MS = 1_000;

/** One container on the node, and one that is a machine; both within the peer's direct reach, for the relay goes as well. */
async function share({
  api,
  engine,
  samples,
  peer,
  tailnet,
}: Bed): Promise<{ url: string; machine: string }> {
  await api.patchSettings({
    machineCredential: { kind: "auth-key", authKey: await tailnet.control.createAuthKey() },
  });
  await samples.start({ name: "outage-node", http: 8080 });
  await samples.start({ name: "outage-own", http: 80, expose: [], networks: [tailnet.network.name] });
  await api.putShare("name:outage-node", { mode: "node" });
  await api.putShare("name:outage-own", { mode: "machine" });
  await api.waitFor(
    "both to be live",
    ({ workloads }) => workloads.filter(({ share: one }) => one?.exposure.state === "live").length === 2,
    60_000,
  );
  for (const name of ["docker.tail.test", "outage-own.tail.test"]) {
    const { code, stdout } = await peer.exec(["tailscale", "ping", "--until-direct", "-c", "30", name], {
      timeoutMs: 40_000,
    });
    if (code !== 0) throw new Error(`no direct path to ${name}: ${stdout}`);
  }
  const machine = await engine.docker([
    "ps",
    "-q",
    "--no-trunc",
    "--filter",
    "name=tailnet-share-.*-[0-9a-f]{16}$",
  ]);
  return { url: "http://docker.tail.test:8080", machine };
}

/** Whether a machine's tailscaled says that it hears the control server. */
async function hears({ engine }: Bed, machine: string): Promise<boolean> {
  const argv = ["tailscale", "--socket=/state/tailscaled.sock", "status", "--json", "--peers=false"];
  const { stdout } = await engine.tryDocker(["exec", machine, ...argv]);
  return /"Online": true/.test(stdout);
}

async function away({ steps, signal }: TortureContext, bed: Bed): Promise<PartResult> {
  await bed.login();
  const { url, machine } = await share(bed);
  const pids = (await bed.desktop.backend.pidsOf("tailscaled")).join();
  const failed: string[] = [];
  let visits = 0;
  const over = new AbortController();
  const visiting = (async () => {
    while (!over.signal.aborted) {
      const answer = await bed.peer.fetch(url);
      visits += 1;
      if (!answer.ok) failed.push(answer.reason);
      await delay(VISIT_MS, undefined, { signal: over.signal }).catch(() => undefined);
    }
  })();
  const took = new Map<string, number>();
  try {
    await bed.tailnet.control.stop();
    // What changes meanwhile is changed: also what makes tailscaled look at its network anew.
    await steps.step(`the control server is away for ${AWAY_MS / 1_000} s`, async () => {
      await delay(AWAY_MS, undefined, { signal });
      await bed.samples.createNetwork(`outage-${bed.id}`);
      await bed.samples.start({ name: "outage-late", http: 9090, networks: [`outage-${bed.id}`] });
      await bed.api.putShare("name:outage-late", { mode: "node" });
    });
    await bed.tailnet.control.start();
    const began = performance.now();
    const note = async (what: string, done: () => Promise<unknown>): Promise<void> => {
      await waitFor(done, { what, timeoutMs: 2 * BACK_MS, signal });
      took.set(what, performance.now() - began);
    };
    await Promise.all([
      note("the node hears it", async () => {
        const { alerts, node } = await bed.api.snapshot();
        const isAway = alerts.some(({ code }) => code === "CONTROL_UNREACHABLE");
        return node.state === "connected" && !isAway;
      }),
      note("the machine hears it", async () => await hears(bed, machine)),
    ]);
  } finally {
    over.abort();
    await visiting;
  }
  const late = (await bed.peer.fetch("http://docker.tail.test:9090")).ok;
  const now = (await bed.desktop.backend.pidsOf("tailscaled")).join();
  return {
    tables: [],
    checks: [
      ...[...took].map(
        ([what, ms]): Check => ({
          sentence: `${what} within 30 s of its return`,
          holds: ms <= BACK_MS,
          figure: milliseconds(ms),
        }),
      ),
      {
        sentence: "every visit was answered, while it was away and when it came back",
        holds: failed.length === 0 && visits > 0,
        figure: failed.length === 0 ? `${visits} of them` : `${failed.length} of ${visits}: ${failed[0]}`,
      },
      { sentence: "what was shared meanwhile is reached", holds: late, figure: late ? "yes" : "no" },
      { sentence: "tailscaled was not ended", holds: now === pids, figure: now },
    ],
  };
}

export const outage: Part = {
  name: "outage",
  title: "a control server that is away for minutes",
  async run(context) {
    const { prerequisites, steps } = context;
    const bed = await steps.step("a bed for 'outage'", () => openBed(prerequisites));
    try {
      return await away(context, bed);
    } catch (error) {
      steps.say((await bed.desktop.backend.logs()).slice(-4_000));
      throw error;
    } finally {
      await steps.step("clean up", () => bed.close());
    }
  },
};

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import { openBed } from "../fixtures/open-bed.ts";
import { liveAddress, reaches, refused, shareSample } from "../fixtures/visits.ts";

const TRUE_WITHIN_MS = 5_000;
const BACK_WITHIN_MS = 30_000;

/** Removes tailscaled's socket and listens in its place, as a program that keeps its connections; exits automatically. */
const OTHER_PROGRAM = `
const fs = require("node:fs"), path = "/run/tailscale/tailscaled.sock";
fs.rmSync(path);
const server = require("node:http").createServer((_, answer) => answer.end("I am somebody else"));
server.keepAliveTimeout = 0;
server.listen(path);
setTimeout(() => process.exit(0), 60_000);`;

/**
 * Two thousand changes of preferences, each sent to every bus: more than a bus buffers for a client that does not read. The last one
 * pauses.
 */
const FLOOD = `
const agent = new (require("node:http").Agent)({ keepAlive: true, maxSockets: 1 });
const patch = (prefs) => new Promise((resolve, reject) => {
  require("node:http").request(
    { socketPath: "/run/tailscale/tailscaled.sock", agent, method: "PATCH", path: "/localapi/v0/prefs",
      headers: { host: "local-tailscaled.sock" } },
    (answer) => { answer.resume(); answer.on("end", () => answer.statusCode === 200 ? resolve() : reject(answer.statusCode)); },
  ).on("error", reject).end(JSON.stringify(prefs));
});
(async () => {
  for (let turn = 0; turn < 2000; turn += 1) await patch({ PostureChecking: turn % 2 === 0, PostureCheckingSet: true });
  await patch({ WantRunning: false, WantRunningSet: true });
  process.exit(0);
})().catch((error) => { console.error(error); process.exit(1); });`;

describe("a tailscaled that breaks", () => {
  let bed: Bed;
  let firstAddress: string;
  let secondAddress: string;

  beforeAll(async () => {
    bed = await openBed();
    await bed.login();
    firstAddress = await shareSample(bed, "ft-one");
    secondAddress = await shareSample(bed, "ft-two");
  });
  afterAll(async () => await bed?.close());

  const pids = async () => await bed.desktop.backend.pidsOf("tailscaled");

  /** Waits until the panel says that tailscaled is down and that shares wait for it. */
  async function expectReportedDown(timeoutMs = TRUE_WITHIN_MS): Promise<void> {
    const began = Date.now();
    const { node, workloads } = await bed.api.waitFor(
      "the panel to say so",
      (snapshot) => (snapshot.node.state === "failed" ? snapshot : null),
      timeoutMs,
    );
    console.info(`said so after ${Date.now() - began} ms`);
    expect(node).toMatchObject({ state: "failed", fault: { code: "TAILSCALED_DOWN" } });
    const exposures = workloads.flatMap(({ id, share }) =>
      id === "name:ft-one" && share ? share.exposure : [],
    );
    expect(exposures).toEqual([{ state: "waiting", reason: "node-offline" }]);
  }

  async function expectRecovered(timeoutMs = BACK_WITHIN_MS): Promise<void> {
    const began = Date.now();
    await bed.api.waitFor("the node to be back", ({ node }) => node.state === "connected", timeoutMs);
    await reaches(bed.peer, firstAddress, "ft-one says hello", timeoutMs);
    console.info(`back after ${Date.now() - began} ms`);
    expect(await pids()).toHaveLength(1);
    const names = (await bed.tailnet.control.listNodes()).map(({ given_name }) => given_name).toSorted();
    expect(names).toEqual(["docker", "phone"]);
  }

  it("hangs: reported in time, shares can be changed meanwhile, and it continues", async () => {
    const before = await pids();
    const signal = (name: NodeJS.Signals) => {
      for (const pid of before) process.kill(pid, name);
    };
    signal("SIGSTOP");
    try {
      await expectReportedDown();
      const asked = Date.now();
      await bed.api.deleteShare("name:ft-two");
      expect(Date.now() - asked).toBeLessThan(3_000);
    } finally {
      signal("SIGCONT");
    }
    await expectRecovered();
    expect(await pids(), "nobody ended it").toEqual(before);
    await refused(bed.peer, secondAddress);
    expect(await liveAddress(bed, "name:ft-two", await bed.api.putShare("name:ft-two"))).toBe(secondAddress);
    await reaches(bed.peer, secondAddress, "ft-two says hello");
  });

  it("sends more than the backend reads: the backend closes that bus, and shows the current state in time", async () => {
    const [pid = 0] = await bed.desktop.backend.pidsOf("node");
    process.kill(pid, "SIGSTOP");
    try {
      const { code, stderr } = await bed.desktop.backend.exec(["/usr/local/bin/node", "-e", FLOOD], {
        timeoutMs: 60_000,
      });
      expect(code, stderr).toBe(0);
    } finally {
      process.kill(pid, "SIGCONT");
    }
    await bed.api.waitFor("the truth", ({ node }) => node.state === "paused", TRUE_WITHIN_MS);
    await bed.api.patchNode({ connected: true });
    await expectRecovered();
  });

  it("is replaced at its socket by another program: reported, and tailscaled is restarted", async () => {
    const before = await pids();
    await bed.engine.docker([
      ...["exec", "-d", bed.desktop.backend.containerId],
      ...["/usr/local/bin/node", "-e", OTHER_PROGRAM],
    ]);
    await expectReportedDown();
    await expect.poll(pids, { timeout: 30_000 }).not.toEqual(before);
    await expectRecovered();
  });

  it("ends repeatedly: reported, and recovers once that is over", async () => {
    for (let kill = 0; kill < 5; kill += 1) {
      const [pid = 0] = await expect
        .poll(async () => await pids(), { timeout: 20_000, interval: 50 })
        .toHaveLength(1)
        .then(pids);
      process.kill(pid, "SIGKILL");
      await expect.poll(async () => (await pids()).includes(pid), { timeout: 5_000 }).toBe(false);
    }
    await expectReportedDown();
    await expectRecovered();
  });
});

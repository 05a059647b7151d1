import type { CheckHop } from "@tailnet-share/contract/check";
import { faultOf } from "@tailnet-share/contract/check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import { waitFor } from "../../src/lib/wait-for.ts";
import type { Sample } from "../../src/samples.ts";
import {
  machineContainers,
  machinesBeside,
  machineUp,
  noMachines,
  openMachineBed,
  startOnTailnet,
} from "../fixtures/machines.ts";
import { inNamespace, nft } from "../fixtures/namespaces.ts";
import { listenIn, type PacketListener } from "../fixtures/packets.ts";
import { liveAddress, reaches } from "../fixtures/visits.ts";

const WEB = "name:cv-web";
const OWN = "name:cv-own";
const MET = "port 8080 answered cv-own";
const BACK: CheckHop = {
  hop: "way-back",
  outcome: "passed",
  detail: "through the tailnet's interface",
};

/** Separate from the extension's own table, so that its rules stay unchanged. */
const TABLE = ["inet", "somebody_else"];
const SWALLOW = `table ${TABLE.join(" ")} {
  chain swallow { type filter hook forward priority -10; policy accept; iifname "tailscale0" drop; }
}`;
const REFUSE = `table ${TABLE.join(" ")} {
  chain refuse { type nat hook prerouting priority -110; policy accept; iifname "tailscale0" tcp dport 8080 redirect to :1; }
}`;

/** Connects for some seconds to pairs of host and port, from the ports that visits use and from others, and counts the outcomes. */
const KEEP_TRYING = `
const [, ms, ...ends] = process.argv, until = Date.now() + Number(ms), came = {};
const count = (how) => (came[how] = (came[how] ?? 0) + 1);
(function again(turn) {
  if (Date.now() > until) { console.log(JSON.stringify(came)); process.exit(0); }
  const at = (turn % (ends.length / 2)) * 2, localPort = turn % 3 === 0 ? 0 : 63000 + Math.floor(Math.random() * 2000);
  const socket = require("node:net").connect({ host: ends[at], port: Number(ends[at + 1]), localPort, timeout: 1000 });
  const end = (how) => { count(how); socket.destroy(); setTimeout(again, 2, turn + 1); };
  socket.once("connect", () => end("connected")).once("error", ({ code }) => end(code)).once("timeout", () => end("silence"));
})(0);`;

/** Connects once from a given address and port, and prints the outcome. */
const CONNECT_FROM = `
const [, localAddress, localPort, host, port] = process.argv;
const end = (how) => { console.log(how); process.exit(0); };
require("node:net").connect({ host, port, localAddress, localPort: Number(localPort), timeout: 1000 })
  .on("connect", () => end("connected")).on("error", ({ code }) => end(code)).on("timeout", () => end("silence"));`;

/** Kills the visiting program in a machine's container. */
const KILL_VISIT = `
const { readdirSync, readFileSync } = require("node:fs");
for (const pid of readdirSync("/proc").filter((name) => /^\\d+$/.test(name)))
  if (readFileSync("/proc/" + pid + "/cmdline", "utf8").split("\\0").includes("visit")) process.kill(Number(pid), "SIGKILL");`;

describe("checking a share on the node by a visit from a machine over the tailnet", () => {
  let bed: Bed;
  let own: Sample;
  let node: string;
  let peerListener: PacketListener;

  beforeAll(async () => {
    bed = await openMachineBed();
    await bed.samples.createNetwork("cv-net");
    await bed.samples.start({ name: "cv-web", http: 8080, networks: ["cv-net"] });
    const address = await liveAddress(bed, WEB, await bed.api.putShare(WEB, { mode: "node" }));
    await reaches(bed.peer, address, "cv-web says hello");
    own = await startOnTailnet(bed, "cv-own");
    await bed.api.putShare(OWN, { mode: "machine" });
    await machineUp(bed, OWN);
    node = await bed.api.waitFor("the node's address", ({ node: current }) =>
      current.state === "connected" ? current.addresses[0] : null,
    );
    const serve = ["ncat", "-lk", "-p", "8000", "-c", "echo reached"];
    await bed.engine.docker(["exec", "-d", bed.peer.containerId, ...serve]);
    peerListener = await listenIn(bed, bed.peer.containerId, 8000);
  });
  afterAll(async () => await bed?.close());

  const backendId = () => bed.desktop.backend.containerId;
  const rule = async (containerId: string, verb: "add" | "del") =>
    await inNamespace(bed, containerId, bed.images.peer, [
      ...["ip", "rule", verb, "pref", "100", "to", "100.64.0.0/10", "lookup", "main"],
    ]);
  const inOwn = async (script: string, ...args: readonly string[]) =>
    await bed.engine.docker(["exec", own.id, "node", "-e", script, ...args], { timeoutMs: 30_000 });
  const guard = async () => await nft(bed, own.id, ["--stateless", "list", "ruleset"]);

  /** The check's hops from the visit on. The previous hops have passed. */
  async function visited(): Promise<CheckHop[]> {
    const { hops } = await bed.api.check(WEB);
    const at = hops.findIndex(({ hop }) => hop === "node");
    for (const hop of hops.slice(0, at + 1)) expect(hop).toMatchObject({ outcome: "passed" });
    return hops.slice(at + 1);
  }

  /** Waits for a direct connection, because packets are lost while devices find each other. */
  async function isMet(): Promise<void> {
    await expect.poll(visited, { timeout: 30_000 }).toMatchObject([
      { hop: "machine-visit", outcome: "passed", detail: MET },
      { hop: "tailnet", outcome: "passed" },
    ]);
  }

  it("passes for a working share, with the machine's name", async () => {
    await isMet();
    expect(faultOf(await bed.api.check(WEB))).toBeNull();
  });

  it("leaves the guard as it was after each visit [S035]", async () => {
    const before = await guard();
    expect(before).toContain("@visits");
    expect(before).not.toContain("elements");
    for (let turn = 0; turn < 3; turn += 1) await isMet();
    expect(await guard()).toBe(before);
    expect(await bed.desktop.backend.logs()).not.toContain("machine.guard-restored");
  });

  it("makes several visits one after the other", async () => {
    const reports = await Promise.all(Array.from({ length: 4 }, async () => await bed.api.check(WEB)));
    for (const { hops } of reports)
      expect(hops.find(({ hop }) => hop === "machine-visit")).toMatchObject({ detail: MET });
    expect(await guard()).not.toContain("elements");
  });

  it.each([
    ["dropped", SWALLOW, "got no answer"],
    ["refused", REFUSE, "was refused"],
  ])("finds that packets from the tailnet are %s by foreign rules", async (_what, rules, came) => {
    await nft(bed, backendId(), ["-f", "-"], rules);
    try {
      expect(await visited()).toMatchObject([
        {
          hop: "machine-visit",
          outcome: "failed",
          fault: {
            code: "VISIT_FAILED",
            message: `cv-own tried port 8080 of this node over the tailnet and ${came}.`,
          },
        },
      ]);
    } finally {
      await nft(bed, backendId(), ["delete", "table", ...TABLE]);
    }
    await isMet();
  });

  it("continues a visit while a look puts the machine's guard in place again", async () => {
    await nft(bed, backendId(), ["-f", "-"], SWALLOW);
    try {
      const check = visited();
      const isOpen = async () => (await guard()).includes("elements");
      await waitFor(async () => (await isOpen()) || null, { what: "a visit", timeoutMs: 9_000 });
      const hold = ["/usr/local/bin/node", "/app/machine.mjs", "hold", "guard"];
      const [machine = ""] = await machineContainers(bed);
      await bed.engine.docker(["exec", machine, ...hold]);
      expect(await isOpen()).toBe(true);
      expect(await check).toMatchObject([{ hop: "machine-visit", fault: { code: "VISIT_FAILED" } }]);
    } finally {
      await nft(bed, backendId(), ["delete", "table", ...TABLE]);
    }
    await isMet();
    expect(await guard()).not.toContain("elements");
  });

  it("finds that answers take another route, and says so", async () => {
    await rule(backendId(), "add");
    try {
      expect(await visited()).toMatchObject([
        {
          hop: "machine-visit",
          outcome: "failed",
          fault: {
            code: "VISIT_FAILED",
            message: expect.stringMatching(/^Answers to 100\.\S+, a device of the tailnet, don't leave/),
          },
        },
      ]);
    } finally {
      await rule(backendId(), "del");
    }
    await isMet();
  });

  it("does not blame the node when the machine's container has other routes", async () => {
    await rule(own.id, "add");
    try {
      expect((await visited()).slice(0, 2)).toEqual([
        {
          hop: "machine-visit",
          outcome: "not-tried",
          detail: "cv-own couldn't connect to it from its container.",
        },
        BACK,
      ]);
    } finally {
      await rule(own.id, "del");
    }
    await isMet();
  });

  it("lets the application open no connection to the tailnet during a visit [S034]", async () => {
    const sources = await peerListener.allSources();
    await nft(bed, backendId(), ["-f", "-"], SWALLOW);
    try {
      const tries = inOwn(KEEP_TRYING, "9000", node, "8080", bed.peer.address, "8000");
      const check = visited();
      const flow = await waitFor(
        async () => /elements = \{ (\S+) \. (\d+) \. (\S+) \. (\d+) /.exec(await guard()),
        { what: "a visit to be under way", timeoutMs: 9_000 },
      );
      expect(flow.slice(3)).toEqual([node, "8080"]);
      const [, from = "", port = ""] = flow;
      expect(await inOwn(CONNECT_FROM, from, port, bed.peer.address, "8000")).toMatch(
        /^(?:ECONNREFUSED|EADDRINUSE|EADDRNOTAVAIL)$/,
      );
      expect(await check).toMatchObject([{ hop: "machine-visit", outcome: "failed" }]);
      const { ECONNREFUSED = 0, ...others } = JSON.parse(await tries);
      expect(ECONNREFUSED).toBeGreaterThan(50);
      for (const how of Object.keys(others)) expect(how).toMatch(/^EADDR(?:INUSE|NOTAVAIL)$/);
      expect(await guard()).not.toContain("elements");
    } finally {
      await nft(bed, backendId(), ["delete", "table", ...TABLE]);
    }
    expect(await peerListener.allSources()).toEqual(sources);
    await isMet();
  });

  it("closes the way of a killed visit within seconds, and fails no check for it [S036]", async () => {
    const [machine] = await machinesBeside(bed, [own.id]);
    if (machine === undefined) throw new Error("the machine's container is not there");
    await nft(bed, backendId(), ["-f", "-"], SWALLOW);
    try {
      const check = visited();
      await waitFor(async () => /elements = \{ \S.* timeout 8s \}/.test(await guard()), {
        what: "a visit to be under way",
        timeoutMs: 9_000,
      });
      await bed.engine.docker(["exec", machine.id, "/usr/local/bin/node", "-e", KILL_VISIT]);
      expect((await check)[0]).toMatchObject({ hop: "machine-visit", outcome: "not-tried" });
      await waitFor(async () => !(await guard()).includes("elements"), {
        what: "the way to close by itself",
        timeoutMs: 12_000,
      });
    } finally {
      await nft(bed, backendId(), ["delete", "table", ...TABLE]);
    }
    await isMet();
  });

  it("says that access controls keep the machine away, which is no failure", async () => {
    const allow = async (src: string) =>
      await bed.tailnet.control.setPolicy({ acls: [{ action: "accept", src: [src], dst: ["*:*"] }] });
    await allow(`${bed.peer.address}/32`);
    try {
      await expect
        .poll(async () => (await visited()).slice(0, 2), { timeout: 30_000 })
        .toEqual([
          {
            hop: "machine-visit",
            outcome: "not-tried",
            detail: "Your access controls don't let cv-own connect to it.",
          },
          BACK,
        ]);
    } finally {
      await allow("*");
    }
    await isMet();
  });

  it("finds without a machine, by the kernel's routes, that answers take another route", async () => {
    await bed.api.deleteShare(OWN);
    await noMachines(bed);
    await expect
      .poll(visited, { timeout: 30_000 })
      .toMatchObject([BACK, { hop: "tailnet", outcome: "passed" }]);
    await rule(backendId(), "add");
    try {
      expect(await visited()).toMatchObject([
        { hop: "way-back", outcome: "failed", fault: { code: "VISIT_FAILED" } },
      ]);
    } finally {
      await rule(backendId(), "del");
    }
    expect(faultOf(await bed.api.check(WEB))).toBeNull();
  });
});

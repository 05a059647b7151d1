import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import { waitFor } from "../../src/lib/wait-for.ts";
import {
  machineContainers,
  machineUp,
  noMachines,
  openMachineBed,
  startOnTailnet,
} from "../fixtures/machines.ts";
import { type Namespace, namespaceOf, nft } from "../fixtures/namespaces.ts";
import { reaches } from "../fixtures/visits.ts";

/** The application's view of its network, from its own process. */
const APPLICATION = `
const { readFileSync, statSync } = require("node:fs"), dns = require("node:dns").promises;
const files = ["/etc/resolv.conf", "/etc/hosts", "/etc/hostname"];
(async () => console.log(JSON.stringify({
  files: files.map((file) => [file, statSync(file).ino, readFileSync(file, "latin1")]),
  hostname: require("node:os").hostname(),
  service: await dns.resolve4("ns-db"),
  container: (await dns.lookup("ns-neighbour")).address,
  defaultRoute: readFileSync("/proc/net/route", "utf8").split("\\n").filter((line) => /^\\S+\\t0{8}\\t/.test(line)),
})))()`;

/** An application's own firewall, in tables with iptables' names and in one with another name. */
const OWN_FIREWALL = `
table ip filter {
  chain INPUT { type filter hook input priority filter; policy accept; tcp dport 81 counter drop; }
  chain FORWARD { type filter hook forward priority filter; policy drop; }
  chain OUTPUT { type filter hook output priority filter; policy accept; ip daddr 192.0.2.1 reject; }
}
table ip mangle {
  chain PREROUTING { type filter hook prerouting priority mangle; policy accept; }
}
table inet mine {
  set known { type ipv4_addr; elements = { 192.0.2.7 } }
  chain input { type filter hook input priority -5; policy accept; ip saddr @known ct state new accept; }
}`;

/** Connects once and exchanges lines forever. Logs each line and the end of the connection. */
const CONVERSATION = `
const { appendFileSync } = require("node:fs");
const note = (line) => appendFileSync("/tmp/conversation", line + "\\n");
const socket = require("node:net").connect(7000, "ns-db").setEncoding("utf8");
let number = 0;
const say = () => socket.write("ECHO " + ++number + "\\r\\n");
socket.on("connect", () => { note("from " + socket.localPort); say(); });
socket.on("data", (line) => { note(line.trim() === String(number) ? "answered" : "wrong"); setTimeout(say, 20); });
socket.on("error", (error) => note("failed " + error.code));
socket.on("close", () => note("closed"));`;

describe("a machine changes nothing for its application and leaves nothing behind", () => {
  let bed: Bed;
  let app: string;
  let workload: string;
  let found: Namespace;
  let environment: unknown;

  beforeAll(async () => {
    bed = await openMachineBed();
    await startOnTailnet(bed, "ns-neighbour");
    const project = await bed.samples.project(
      `ns${bed.id}`,
      {
        "ns-app": {
          environment: { NAME: "ns-app", HTTP_PORT: "80" },
          networks: ["tailnet"],
          // Off by default, so that a tailscaled creates no rules for IPv6.
          sysctls: { "net.ipv6.conf.all.disable_ipv6": "0" },
        },
        "ns-db": { environment: { NAME: "ns-db", TCP_PORT: "7000" }, networks: ["tailnet"] },
      },
      { tailnet: { external: true, name: bed.tailnet.network.name } },
    );
    await project.up();
    workload = `compose:${project.name}/ns-app/1`;
    app = await project.compose(["ps", "-q", "ns-app"]);
    await bed.engine.docker(["exec", "-d", app, "node", "-e", CONVERSATION]);
    await waitFor(async () => (await conversation()).answers > 0, {
      what: "the application's connection to be answered",
      timeoutMs: 20_000,
    });
    environment = await application();
    found = await waitFor(
      async () => {
        const namespace = await namespaceOf(bed, app);
        return namespace["ip -o address"]?.includes("tentative") ? null : namespace;
      },
      { what: "the application's addresses to be settled", timeoutMs: 10_000 },
    );
  });
  afterAll(async () => await bed?.close());

  async function application(): Promise<unknown> {
    return JSON.parse(await bed.engine.docker(["exec", app, "node", "-e", APPLICATION]));
  }

  async function conversation() {
    const lines = (await bed.engine.docker(["exec", app, "cat", "/tmp/conversation"])).split("\n");
    const answers = lines.filter((line) => line === "answered").length;
    return { answers, else: lines.filter((line) => line !== "answered").map((line) => line.split(" ")[0]) };
  }

  /** Checks that the connection from before sharing still exchanges lines, now and a moment later. */
  async function stillTalks(): Promise<void> {
    const { answers } = await conversation();
    await expect
      .poll(conversation, { timeout: 10_000 })
      .toEqual({ answers: expect.toSatisfy((now: number) => now > answers), else: ["from"] });
  }

  async function up(): Promise<void> {
    await bed.api.putShare(workload, { mode: "machine" });
    const { address } = await machineUp(bed, workload);
    await reaches(bed.peer, `http://${address}`, `hello to ${bed.peer.address}`);
  }

  async function machine(): Promise<string> {
    const [id = ""] = await machineContainers(bed);
    return id;
  }

  const killed = async () => await bed.engine.docker(["kill", "-s", "KILL", await machine()]);

  async function asFound(): Promise<void> {
    await noMachines(bed);
    expect(await namespaceOf(bed, app)).toEqual(found);
    expect(await application()).toEqual(environment);
    await stillTalks();
  }

  it("its application has the same names, default route and open connection before, during and after [S041]", async () => {
    await up();
    expect(await application()).toEqual(environment);
    await stillTalks();
    const during = await namespaceOf(bed, app);
    expect(during["ip -o address"], "the look sees what a machine brings").toContain("tailscale0");
    for (const rules of ["ip -4 rule", "ip -6 rule"]) expect(during[rules]).toContain("5270");
    expect(during.nft).toContain("tailnet_share_machine");
    await bed.api.deleteShare(workload);
    await asFound();
  });

  it("leaves nothing of a machine that was killed and unshared after it came back [S042]", async () => {
    await up();
    await killed();
    await bed.api.waitFor("the machine to be missed", (snapshot) => {
      const share = snapshot.workloads.find(({ id }) => id === workload)?.share;
      return share?.exposure.state !== "live";
    });
    await machineUp(bed, workload);
    await bed.api.deleteShare(workload);
    await asFound();
  });

  it("leaves nothing of a machine that was killed and unshared before it was started again [S043]", async () => {
    await up();
    const id = await machine();
    const { containerId } = bed.desktop.backend;
    await bed.engine.docker(["pause", containerId]);
    await bed.engine.docker(["kill", "-s", "KILL", id]);
    const remaining = await namespaceOf(bed, app);
    expect(remaining["ip -6 rule"], "a killed tailscaled leaves its rules").not.toBe(found["ip -6 rule"]);
    const unshared = bed.api.deleteShare(workload);
    await bed.engine.docker(["unpause", containerId]);
    await unshared;
    await asFound();
  });

  it("leaves nothing when the extension is stopped, which removes its machines", async () => {
    await up();
    await bed.desktop.backend.stop();
    expect(await namespaceOf(bed, app)).toEqual(found);
    await stillTalks();
    await bed.desktop.backend.start();
    await machineUp(bed, workload, 60_000);
    await bed.api.deleteShare(workload);
    await asFound();
  });

  it("leaves rules of the application untouched while it runs and afterwards [S044]", async () => {
    await nft(bed, app, ["-f", "-"], OWN_FIREWALL);
    found = { ...found, nft: await nft(bed, app, ["--stateless", "list", "ruleset"]) };
    await up();
    const [before = "", ...rest] = (await nft(bed, app, ["--stateless", "list", "ruleset"])).split(
      "table inet tailnet_share_machine",
    );
    expect([before.trim(), rest.length]).toEqual([found.nft, 1]);
    await bed.api.deleteShare(workload);
    await asFound();
    await up();
    await killed();
    await bed.api.deleteShare(workload);
    await asFound();
  });
});

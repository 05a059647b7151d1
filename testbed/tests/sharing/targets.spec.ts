import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import { joinedNetworks } from "../fixtures/convergence.ts";
import { machineFault, machinesByKey, machineUp } from "../fixtures/machines.ts";
import { openBed } from "../fixtures/open-bed.ts";
import { liveAddress, reaches } from "../fixtures/visits.ts";
import { startLineExchange } from "./line-exchange.ts";

/** Opens a connection and prints the outcome. */
const DIAL = `
const [, host, port] = process.argv;
const end = (how) => { console.log(how); process.exit(0); };
require("node:net").connect({ host, port, timeout: 2000 })
  .on("connect", () => end("connected")).on("error", ({ code }) => end(code)).on("timeout", () => end("nothing"));`;

describe("the network path to a shared container", () => {
  let bed: Bed;

  beforeAll(async () => {
    bed = await openBed();
    await bed.login();
  });
  afterAll(async () => await bed?.close());

  const onNode = (port: number, nodePort = port) => ({
    mode: "node" as const,
    ports: [{ port, protocol: "tcp" as const, nodePort }],
  });

  const uses = async (name: string, network: string) =>
    await bed.api.waitFor(`${name} to be live by ${network}`, ({ workloads }) => {
      const share = workloads.find(({ id }) => id === `name:${name}`)?.share;
      return share?.exposure.state === "live" && share.network.used === network;
    });

  it("keeps a share's connections when another share joins a network of its container", async () => {
    for (const name of ["way-aa", "way-mm"]) await bed.samples.createNetwork(name);
    await bed.samples.start({ name: "way-a", tcp: 7000, networks: ["way-mm", "way-aa"] });
    await bed.samples.start({ name: "way-c", http: 80, networks: ["way-mm"] });
    await bed.samples.start({ name: "way-b", http: 81, networks: ["way-aa"] });
    await liveAddress(bed, "name:way-c", await bed.api.putShare("name:way-c", onNode(80, 8080)));
    await liveAddress(bed, "name:way-a", await bed.api.putShare("name:way-a", onNode(7000)));
    expect(await joinedNetworks(bed)).not.toContain("way-aa");
    const talk = await startLineExchange(bed.peer, "docker", 7000);
    const other = await liveAddress(bed, "name:way-b", await bed.api.putShare("name:way-b", onNode(81)));
    await reaches(bed.peer, other, "way-b says hello");
    expect(await joinedNetworks(bed)).toContain("way-aa");
    await talk.goesOn();
    expect(await talk.end()).toBe("whole");
  });

  it("keeps a client's connection while the container is paused, and while it is committed", async () => {
    const { id } = await bed.samples.start({ name: "way-p", tcp: 7000 });
    await liveAddress(bed, "name:way-p", await bed.api.putShare("name:way-p", onNode(7000, 7100)));
    const talk = await startLineExchange(bed.peer, "docker", 7100);
    await bed.engine.docker(["pause", id]);
    await bed.api.waitFor("the row to say that it is paused", ({ workloads }) => {
      const share = workloads.find(({ id: workload }) => workload === "name:way-p")?.share;
      return share?.exposure.state === "waiting" && share.exposure.reason === "container-paused";
    });
    expect(await joinedNetworks(bed)).toContain("bridge");
    await bed.engine.docker(["unpause", id]);
    await liveAddress(bed, "name:way-p");
    await talk.goesOn();
    const image = await bed.engine.docker(["commit", id]);
    await talk.goesOn();
    expect(await talk.end()).toBe("whole");
    await bed.engine.docker(["rmi", image]);
  });

  it("reaches a container that was started without a network and connected later, on the node and as a machine", async () => {
    const { id } = await bed.samples.start({ name: "way-late", http: 80, networks: ["none"] });
    await bed.api.waitFor("the row that cannot be shared", ({ workloads }) =>
      workloads.some(({ id: workload, refusal }) => workload === "name:way-late" && refusal !== null),
    );
    await bed.engine.docker(["network", "disconnect", "none", id]);
    await bed.engine.docker(["network", "connect", bed.tailnet.network.name, id]);
    await bed.api.waitFor("the row that can be shared", ({ workloads }) =>
      workloads.some(({ id: workload, refusal }) => workload === "name:way-late" && refusal === null),
    );
    const address = await liveAddress(
      bed,
      "name:way-late",
      await bed.api.putShare("name:way-late", onNode(80, 8090)),
    );
    await reaches(bed.peer, address, "way-late says hello");
    await machinesByKey(bed);
    await bed.api.putShare("name:way-late", { mode: "machine" });
    const { dnsName } = await machineUp(bed, "name:way-late");
    await reaches(bed.peer, `http://${dnsName}`, "way-late says hello");
  });

  it("refuses a network inside 100.64.0.0/10 before it joins, and reaches the container on another of its networks", async () => {
    await bed.samples.start({ name: "way-o", http: 8060 });
    const other = await liveAddress(bed, "name:way-o", await bed.api.putShare("name:way-o", onNode(8060)));
    await reaches(bed.peer, other, "way-o says hello");
    await bed.samples.createNetwork("way-cgn", ["--subnet", "100.98.0.0/24"]);
    const { id } = await bed.samples.start({ name: "way-solo", http: 8061, networks: ["way-cgn"] });
    await bed.api.putShare("name:way-solo", onNode(8061));
    expect(await machineFault(bed, "name:way-solo")).toMatchObject({ code: "NETWORK_OVERLAPS" });
    expect(await joinedNetworks(bed)).not.toContain("way-cgn");
    await reaches(bed.peer, other, "way-o says hello");
    await bed.engine.docker(["network", "connect", "bridge", id]);
    await reaches(bed.peer, await liveAddress(bed, "name:way-solo"), "way-solo says hello");
    expect(await joinedNetworks(bed)).not.toContain("way-cgn");
  });

  it("uses the network that the user has chosen", async () => {
    for (const name of ["way-one", "way-two"]) await bed.samples.createNetwork(name);
    await bed.samples.start({ name: "way-two-nets", http: 8062, networks: ["way-one", "way-two"] });
    const address = await liveAddress(
      bed,
      "name:way-two-nets",
      await bed.api.putShare("name:way-two-nets", onNode(8062)),
    );
    const used = (network: string) =>
      bed.api.waitFor(`the network ${network} to be used`, ({ workloads }) => {
        const share = workloads.find(({ id }) => id === "name:way-two-nets")?.share;
        return share?.exposure.state === "live" && share.network.used === network ? share.network : null;
      });
    expect((await used("way-one")).available).toEqual(["way-one", "way-two"]);
    await bed.api.putShare("name:way-two-nets", { network: "way-two" });
    await used("way-two");
    await reaches(bed.peer, address, "way-two-nets says hello");
    expect(await joinedNetworks(bed)).not.toContain("way-one");
  });

  it("moves to another network when the container leaves the one in use, and stays there", async () => {
    for (const name of ["way-n1", "way-n2"]) await bed.samples.createNetwork(name);
    const { id } = await bed.samples.start({ name: "way-m", tcp: 7000, networks: ["way-n1", "way-n2"] });
    await liveAddress(bed, "name:way-m", await bed.api.putShare("name:way-m", onNode(7000, 7200)));
    await uses("way-m", "way-n1");
    await (await startLineExchange(bed.peer, "docker", 7200)).end();
    await bed.engine.docker(["network", "disconnect", "way-n1", id]);
    await uses("way-m", "way-n2");
    const talk = await startLineExchange(bed.peer, "docker", 7200);
    await bed.engine.docker(["network", "connect", "way-n1", id]);
    await bed.api.waitFor(
      "both networks to be offered",
      ({ workloads }) =>
        workloads.find(({ id: candidate }) => candidate === "name:way-m")?.share?.network.available.length ===
        2,
    );
    await talk.goesOn();
    expect(await talk.end()).toBe("whole");
    await uses("way-m", "way-n2");
    expect(await joinedNetworks(bed)).not.toContain("way-n1");
  });

  it("reaches the container at its new address, and not the one that has the old address now", async () => {
    await bed.samples.createNetwork("way-ip");
    const { id } = await bed.samples.start({ name: "way-moved", http: 80, networks: ["way-ip"] });
    const address = await liveAddress(
      bed,
      "name:way-moved",
      await bed.api.putShare("name:way-moved", onNode(80, 8097)),
    );
    await reaches(bed.peer, address, "way-moved says hello");
    await bed.engine.docker(["network", "disconnect", "way-ip", id]);
    await bed.samples.start({ name: "way-taker", http: 80, networks: ["way-ip"] });
    await bed.engine.docker(["network", "connect", "way-ip", id]);
    await liveAddress(bed, "name:way-moved");
    await reaches(bed.peer, address, "way-moved says hello");
    const { stdout } = await bed.peer.exec([
      "sh",
      "-c",
      `for i in 1 2 3 4 5; do curl -sS -m 5 ${address}; done`,
    ]);
    expect(stdout).not.toContain("way-taker");
  });

  it("uses another network where the first has no free address for the extension", async () => {
    // Outside the ranges that engines give to networks by themselves.
    await bed.samples.createNetwork("way-full", ["--subnet", "10.213.251.0/30"]);
    await bed.samples.createNetwork("way-room");
    await bed.samples.start({ name: "way-full", http: 8063, networks: ["way-full", "way-room"] });
    const wanted = await bed.api.putShare("name:way-full", onNode(8063));
    await reaches(bed.peer, await liveAddress(bed, "name:way-full", wanted), "way-full says hello");
    await uses("way-full", "way-room");
    expect(await joinedNetworks(bed)).not.toContain("way-full");
  });

  it("keeps a machine's application in touch with its neighbours on a network inside 100.64.0.0/10, also when connected later", async () => {
    await machinesByKey(bed);
    await bed.samples.createNetwork("way-cg", ["--subnet", "100.99.0.0/24"]);
    const networks = [bed.tailnet.network.name, "way-cg"];
    const web = await bed.samples.start({ name: "way-web", http: 80, networks });
    const db = await bed.samples.start({ name: "way-db", tcp: 5432, networks: ["way-cg"] });
    const talks = async () => await bed.engine.docker(["exec", web.id, "node", "-e", DIAL, "way-db", "5432"]);
    const isAsked = async () => await bed.engine.docker(["exec", db.id, "node", "-e", DIAL, "way-web", "80"]);
    expect([await talks(), await isAsked()]).toEqual(["connected", "connected"]);
    await bed.api.putShare("name:way-web", { mode: "machine" });
    const { dnsName } = await machineUp(bed, "name:way-web");
    await reaches(bed.peer, `http://${dnsName}`, "way-web says hello");
    expect([await talks(), await isAsked()]).toEqual(["connected", "connected"]);
    await bed.engine.docker(["network", "disconnect", "way-cg", web.id]);
    await bed.engine.docker(["network", "connect", "way-cg", web.id]);
    await expect.poll(talks, { timeout: 15_000 }).toBe("connected");
    expect(await isAsked()).toBe("connected");
    expect(await bed.desktop.backend.logs()).not.toContain("machine.guard-restored");
    await bed.api.deleteShare("name:way-web");
  });

  it("says that a container must be restarted when it uses the network that another had before its restart", async () => {
    const lender = await bed.samples.start({ name: "way-lender", http: 8096 });
    const networks = [`container:${lender.id}`];
    const borrower = await bed.samples.start({ name: "way-borrower", http: 8095, expose: [], networks });
    const address = await liveAddress(
      bed,
      "name:way-borrower",
      await bed.api.putShare("name:way-borrower", onNode(8095)),
    );
    await reaches(bed.peer, address, "way-borrower says hello");
    await bed.engine.docker(["restart", "-t", "1", lender.id]);
    // While the lender restarts, the row shows it as not running.
    await bed.api.waitFor("the row to say that the borrower has to be restarted", ({ workloads }) => {
      const exposure = workloads.find(({ id }) => id === "name:way-borrower")?.share?.exposure;
      return exposure?.state === "failed" && exposure.fault.hint === "Restart 'way-borrower'.";
    });
    await bed.engine.docker(["restart", "-t", "1", borrower.id]);
    await reaches(bed.peer, await liveAddress(bed, "name:way-borrower"), "way-borrower says hello");
  });

  it("says the same of a container in a machine's network, which clients reached by the machine's name", async () => {
    await machinesByKey(bed);
    const lender = await bed.samples.start({
      name: "way-own",
      http: 80,
      networks: [bed.tailnet.network.name],
    });
    const networks = [`container:${lender.id}`];
    const borrower = await bed.samples.start({ name: "way-guest", http: 8098, expose: [], networks });
    await bed.api.putShare("name:way-own", { mode: "machine" });
    const { address } = await machineUp(bed, "name:way-own");
    await reaches(bed.peer, `http://${address}:8098`, "way-guest says hello");
    const refusal = async (hint: string | null) =>
      await bed.api.waitFor(`the row of the borrower to say ${hint ?? "nothing"}`, ({ workloads }) => {
        const row = workloads.find(({ id }) => id === "name:way-guest");
        return row !== undefined && row.share === null && (row.refusal?.hint ?? null) === hint;
      });
    await refusal(null);
    await bed.engine.docker(["restart", "-t", "1", lender.id]);
    await refusal("Restart 'way-guest'.");
    await bed.engine.docker(["restart", "-t", "1", borrower.id]);
    await refusal(null);
    await machineUp(bed, "name:way-own");
    await reaches(bed.peer, `http://${address}:8098`, "way-guest says hello");
    await bed.api.deleteShare("name:way-own");
  });
});

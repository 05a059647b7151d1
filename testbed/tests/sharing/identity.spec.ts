import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import { BED_LABEL, labelFlags } from "../../src/lib/bed-id.ts";
import type { ComposeProject } from "../../src/samples.ts";
import { composeLabels } from "../fixtures/compose-labels.ts";
import { openBed } from "../fixtures/open-bed.ts";
import { liveAddress, reaches, refused } from "../fixtures/visits.ts";

describe("a share follows its workload, and keeps its address", () => {
  let bed: Bed;

  beforeAll(async () => {
    bed = await openBed();
    await bed.login();
  });
  afterAll(async () => await bed?.close());

  const waits = async (workload: string, reason: string) =>
    await bed.api.waitFor(`${workload} to wait for its container`, ({ workloads }) => {
      const exposure = workloads.find(({ id }) => id === workload)?.share?.exposure;
      return exposure?.state === "waiting" && exposure.reason === reason;
    });

  /** Starts a project, shares its only service and returns the address. */
  async function upAndShared(project: ComposeProject, workload: string): Promise<string> {
    await project.up();
    // A busy engine may list a container before its declared ports.
    await bed.api.waitFor("the service with its ports", ({ workloads }) =>
      workloads.some(({ id, ports }) => id === workload && ports.length > 0),
    );
    return await liveAddress(bed, workload, await bed.api.putShare(workload));
  }

  it("gives two containers with the same port a port each", async () => {
    await bed.samples.start({ name: "first", http: 8080 });
    await bed.samples.start({ name: "second", http: 8080 });
    const first = await liveAddress(bed, "name:first", await bed.api.putShare("name:first"));
    const second = await liveAddress(bed, "name:second", await bed.api.putShare("name:second"));
    expect([first, second]).toEqual(["http://docker.tail.test:8080", "http://docker.tail.test:8081"]);
    await reaches(bed.peer, first, "first says hello");
    await reaches(bed.peer, second, "second says hello");
  });

  it("waits for a stopped container, is refused meanwhile, and is live at the same address when it starts", async () => {
    const { id } = await bed.samples.start({ name: "stops", http: 8000 });
    const address = await liveAddress(bed, "name:stops", await bed.api.putShare("name:stops"));
    await reaches(bed.peer, address, "stops says hello");
    await bed.engine.docker(["stop", "-t", "2", id]);
    await waits("name:stops", "container-stopped");
    await refused(bed.peer, address);
    // Takes the previous address, so that it returns with a different one.
    await bed.samples.start({ name: "squatter", http: 8000 });
    await bed.engine.docker(["start", id]);
    await reaches(bed.peer, address, "stops says hello");
    expect(await liveAddress(bed, "name:stops")).toBe(address);
  });

  it("is reachable again after a restart of its container", async () => {
    const { id } = await bed.samples.start({ name: "restarts", http: 8010 });
    const address = await liveAddress(bed, "name:restarts", await bed.api.putShare("name:restarts"));
    await bed.engine.docker(["restart", "-t", "2", id]);
    await reaches(bed.peer, address, "restarts says hello");
  });

  it("stays the same share when compose recreates its service, with a new ID and another address", async () => {
    const environment = (text: string) => ({
      web: { environment: { NAME: text, HTTP_PORT: "8020" }, expose: ["8020"] },
    });
    const name = `shop${bed.id}`;
    const before = await bed.samples.project(name, environment("old"));
    const workload = `compose:${name}/web/1`;
    const address = await upAndShared(before, workload);
    await reaches(bed.peer, address, "old says hello");
    const oldId = await before.compose(["ps", "-q", "web"]);
    const after = await bed.samples.project(name, environment("new"));
    await after.up();
    await reaches(bed.peer, address, "new says hello");
    expect(await after.compose(["ps", "-q", "web"])).not.toBe(oldId);
    expect(await liveAddress(bed, workload)).toBe(address);
    await after.compose(["rm", "-sf", "web"]);
    await waits(workload, "container-removed");
    await after.up();
    await reaches(bed.peer, address, "new says hello");
  });

  it("ends with a compose project that is taken down with its network, and returns with it", async () => {
    const name = `fair${bed.id}`;
    const network = `${name}_default`;
    const workload = `compose:${name}/web/1`;
    const project = await bed.samples.project(name, {
      web: { environment: { NAME: "stall", HTTP_PORT: "8050" }, expose: ["8050"] },
    });
    const address = await upAndShared(project, workload);
    await reaches(bed.peer, address, "stall says hello");
    await project.down();
    expect(await bed.engine.docker(["network", "ls", "-q", "--filter", `name=${network}`])).toBe("");
    await waits(workload, "container-removed");
    await project.up();
    await reaches(bed.peer, address, "stall says hello");
  });

  it("gives an image with another service's labels neither that service's share nor its clients [S073]", async () => {
    const { docker } = bed.engine;
    const name = `guarded${bed.id}`;
    const workload = `compose:${name}/web/1`;
    const project = await bed.samples.project(name, {
      web: { environment: { NAME: "genuine", HTTP_PORT: "8070" }, expose: ["8070"] },
    });
    const address = await upAndShared(project, workload);
    const image = `bed-squatter-${bed.id}`;
    const changes = Object.entries({ ...composeLabels(name, "web"), [BED_LABEL]: bed.id });
    const genuine = await project.compose(["ps", "-q", "web"]);
    await docker([
      "commit",
      ...changes.flatMap(([label, value]) => ["--change", `LABEL ${label}=${value}`]),
      ...[genuine, image],
    ]);
    const flags = [...["--name", "squats"], ...labelFlags(bed.id), ...["-e", "NAME=squatter"]];
    try {
      await docker(["run", "-d", ...flags, image]);
      await bed.api.waitFor("the squatter to be what it is", ({ workloads }) =>
        workloads.some(({ id }) => id === "name:squats"),
      );
      await reaches(bed.peer, address, "genuine says hello");
      await project.compose(["stop", "-t", "1", "web"]);
      await waits(workload, "container-stopped");
      await refused(bed.peer, address);
      await project.compose(["start", "web"]);
      await reaches(bed.peer, address, "genuine says hello");
    } finally {
      await bed.samples.remove("squats");
      await docker(["rmi", image]);
    }
  });

  it("stays with the container that had it when another one has the same identity [S074]", async () => {
    const labels = composeLabels(`rolls${bed.id}`, "web");
    const workload = `compose:rolls${bed.id}/web/1`;
    const before = await bed.samples.start({ name: "rolls-before", http: 8080, labels });
    const address = await liveAddress(bed, workload, await bed.api.putShare(workload));
    await bed.samples.start({ name: "rolls-after", http: 8080, labels });
    // The backend has seen everything that started before this witness.
    await bed.samples.start({ name: "rolls-witness", http: 8080 });
    await bed.api.waitFor("a container that came later", ({ workloads }) =>
      workloads.some(({ id }) => id === "name:rolls-witness"),
    );
    await reaches(bed.peer, address, "rolls-before says hello");
    await bed.engine.docker(["stop", "-t", "1", before.id]);
    await reaches(bed.peer, address, "rolls-after says hello");
    await bed.engine.docker(["start", before.id]);
    await bed.samples.remove("rolls-witness");
    await bed.api.waitFor("it to be gone", ({ workloads }) =>
      workloads.every(({ id }) => id !== "name:rolls-witness"),
    );
    await reaches(bed.peer, address, "rolls-after says hello");
  });

  it("leaves the network of an ended container, so that compose can remove it", async () => {
    const network = `bed-left-${bed.id}`;
    await bed.samples.createNetwork(network);
    const { id } = await bed.samples.start({ name: "leaves", http: 8060, networks: [network] });
    await liveAddress(bed, "name:leaves", await bed.api.putShare("name:leaves"));
    await bed.samples.remove(id);
    await waits("name:leaves", "container-removed");
    await expect
      .poll(async () => (await bed.engine.tryDocker(["network", "rm", network])).code, {
        timeout: 5_000,
        interval: 50,
      })
      .toBe(0);
  });

  it("follows a renamed container under its new name", async () => {
    const { id } = await bed.samples.start({ name: "before", http: 8030 });
    const address = await liveAddress(bed, "name:before", await bed.api.putShare("name:before"));
    await bed.engine.docker(["rename", id, "after"]);
    expect(await liveAddress(bed, "name:after")).toBe(address);
    await reaches(bed.peer, address, "before says hello");
    expect((await bed.api.snapshot()).workloads.some(({ id: workload }) => workload === "name:before")).toBe(
      false,
    );
  });

  it("returns when a removed container is recreated under its name", async () => {
    const { id } = await bed.samples.start({ name: "again", http: 8040 });
    const address = await liveAddress(bed, "name:again", await bed.api.putShare("name:again"));
    await bed.samples.remove(id);
    await waits("name:again", "container-removed");
    await refused(bed.peer, address);
    await bed.samples.start({ name: "again", http: 8040 });
    await reaches(bed.peer, address, "again says hello");
  });

  it("stays reachable on the remaining networks of a container that joins and leaves some", async () => {
    await bed.samples.createNetwork("bed-moves-a");
    await bed.samples.createNetwork("bed-moves-b");
    const { id } = await bed.samples.start({ name: "moves", http: 8050, networks: ["bed-moves-a"] });
    const address = await liveAddress(bed, "name:moves", await bed.api.putShare("name:moves"));
    await bed.engine.docker(["network", "connect", "bed-moves-b", id]);
    await bed.engine.docker(["network", "disconnect", "bed-moves-a", id]);
    await reaches(bed.peer, address, "moves says hello");
  });

  it("follows its service to another replica when its own is removed, at the same address", async () => {
    const name = `roll${bed.id}`;
    const [first, second] = [`compose:${name}/web/1`, `compose:${name}/web/2`];
    const project = await bed.samples.project(name, {
      web: { environment: { NAME: "roll", HTTP_PORT: "8110" }, expose: ["8110"] },
    });
    const address = await upAndShared(project, first);
    const before = await project.compose(["ps", "-q", "web"]);
    await project.up(["--scale", "web=2", "--no-recreate"]);
    await bed.api.waitFor("the second replica", ({ workloads }) => workloads.some(({ id }) => id === second));
    await bed.samples.remove(before);
    expect(await liveAddress(bed, second)).toBe(address);
    await reaches(bed.peer, address, "roll says hello");
    const { workloads } = await bed.api.snapshot();
    expect(workloads.filter(({ project: of }) => of === name).map(({ id }) => id)).toEqual([second]);
  });

  it("follows a dev container that is rebuilt under another generated name", async () => {
    const labels = {
      "devcontainer.local_folder": "/home/u/app",
      "devcontainer.config_file": "/home/u/app/.devcontainer/devcontainer.json",
    };
    const rowOf = async (containerId: string) =>
      await bed.api.waitFor("the dev container", ({ workloads }) =>
        workloads.find((candidate) => candidate.containerId === containerId),
      );
    const before = await bed.samples.start({ http: 8120, labels });
    const row = await rowOf(before.id);
    expect(row).toMatchObject({ name: "app", identity: "dev-container" });
    const address = await liveAddress(bed, row.id, await bed.api.putShare(row.id));
    await bed.samples.remove(before.id);
    await waits(row.id, "container-removed");
    const after = await bed.samples.start({ http: 8120, labels });
    expect(after.name).not.toBe(before.name);
    await reaches(bed.peer, address, `says hello`);
    expect((await rowOf(after.id)).id).toBe(row.id);
  });

  it("marks a name that the engine generated, and lists no container of Kubernetes", async () => {
    const invented = await bed.samples.start({ http: 8130 });
    await bed.samples.start({
      name: "k8s-pod",
      http: 8130,
      labels: { "io.kubernetes.pod.namespace": "kube-system" },
    });
    await bed.samples.start({ name: "k8s-witness", http: 8130 });
    await bed.api.waitFor("the last container", (snapshot) =>
      snapshot.workloads.some(({ id }) => id === "name:k8s-witness"),
    );
    const { workloads } = await bed.api.snapshot();
    expect(workloads.find(({ containerId }) => containerId === invented.id)?.identity).toBe("invented-name");
    expect(workloads.some(({ id }) => id === "name:k8s-pod")).toBe(false);
  });

  it("shares with one click the port that is published, that answers, or that people open", async () => {
    const mail = { http: 8025, tcp: 1025 };
    await bed.samples.start({ name: "pick-mail", ...mail, flags: ["-p", "127.0.0.1::8025"] });
    await bed.samples.start({ name: "pick-neo", http: 7474, tcp: 7687, flags: ["--expose", "7473"] });
    await bed.samples.start({
      name: "pick-idle",
      http: 7712,
      flags: ["--expose", "7711", "--expose", "7713"],
    });
    for (const [name, port] of [
      ["pick-mail", 8025],
      ["pick-neo", 7474],
      ["pick-idle", 7712],
    ] as const) {
      // Look first, as an open row does, so that the click uses the result.
      if (name === "pick-idle") await bed.api.listening(`name:${name}`);
      const { workloads } = await bed.api.putShare(`name:${name}`);
      const share = workloads.find(({ id }) => id === `name:${name}`)?.share;
      expect(
        share?.ports.map((entry) => entry.port),
        name,
      ).toEqual([port]);
    }
  });

  it("shows a container with a name of 700 letters, and ten thousand ports as a range", async () => {
    const long = "n".repeat(700);
    await bed.samples.start({ name: long, http: 8140, flags: ["--expose", "10000-20000/udp"] });
    const row = await bed.api.waitFor("the long name", ({ workloads, skipped }) =>
      skipped === 0
        ? workloads.find(({ name, portsKnown }) => name.startsWith("nnn") && portsKnown)
        : undefined,
    );
    expect(row).toMatchObject({
      name: `${"n".repeat(249)}…`,
      ports: [{ port: 8140, protocol: "tcp" }],
      portRanges: [{ from: 10_000, to: 20_000, protocol: "udp" }],
    });
    const address = await liveAddress(bed, row.id, await bed.api.putShare(row.id));
    await reaches(bed.peer, address, "says hello");
  });
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import { waitFor } from "../../src/lib/wait-for.ts";
import {
  devicesOf,
  machineContainers,
  machineDirectories,
  machineUp,
  noMachines,
  openMachineBed,
  shareOf,
  startOnTailnet,
} from "../fixtures/machines.ts";
import { withSecret } from "../fixtures/raw-http.ts";
import { reaches } from "../fixtures/visits.ts";

describe("many machines and many clicks", () => {
  let bed: Bed;

  beforeAll(async () => {
    bed = await openMachineBed();
  });
  afterAll(async () => await bed?.close());

  async function nothingIsLeft(): Promise<void> {
    await waitFor(async () => (await machineDirectories(bed)).length === 0, {
      what: "every machine's state to be gone",
      timeoutMs: 60_000,
    });
    expect(await machineContainers(bed)).toEqual([]);
  }

  it("ten quick clicks end in the last one: off", async () => {
    await startOnTailnet(bed, "many-off");
    await clickAtOnce(bed, "name:many-off", ["PUT", "DELETE"]);
    expect(shareOf(await bed.api.snapshot(), "name:many-off")).toBeNull();
    await nothingIsLeft();
    expect((await devicesOf(bed, "many-off")).length).toBeLessThanOrEqual(1);
  });

  it("ten quick clicks end in the last one: on, with the same machine as before", async () => {
    await startOnTailnet(bed, "many-on");
    await clickAtOnce(bed, "name:many-on", ["DELETE", "PUT"]);
    const first = await machineUp(bed, "name:many-on");
    await clickAtOnce(bed, "name:many-on", ["DELETE", "PUT"]);
    await reaches(bed.peer, "http://many-on.tail.test", "many-on says hello");
    expect(await machineUp(bed, "name:many-on")).toEqual(first);
    expect(await machineContainers(bed)).toHaveLength(1);
    expect(await devicesOf(bed, "many-on")).toHaveLength(1);
    await bed.api.deleteShare("name:many-on");
  });

  it("a click to switch off does not wait for a login without an answer", async () => {
    await startOnTailnet(bed, "many-unanswered");
    await bed.tailnet.control.stop();
    try {
      await bed.api.putShare("name:many-unanswered");
      await bed.api.waitFor("the machine to log in", (snapshot) => {
        const exposure = shareOf(snapshot, "name:many-unanswered")?.exposure;
        return exposure?.state === "pending" && exposure.progress === "Logging its machine in…";
      });
      await bed.api.deleteShare("name:many-unanswered");
      const removed = expect.poll(async () => await machineContainers(bed), { timeout: 10_000 });
      await removed.toEqual([]);
    } finally {
      await bed.tailnet.control.start();
    }
    await nothingIsLeft();
  });

  it("twenty machines at once are reached by their own names at their own addresses, without duplicates", async () => {
    const names = Array.from({ length: 20 }, (_, index) => `many-${index + 1}`);
    for (const name of names) await startOnTailnet(bed, name);
    await nothingIsLeft();
    await Promise.all(names.map(async (name) => await bed.api.putShare(`name:${name}`)));
    const machines = await Promise.all(
      names.map(async (name) => await machineUp(bed, `name:${name}`, 120_000)),
    );
    for (const name of names) await reaches(bed.peer, `http://${name}.tail.test`, `${name} says hello`);
    expect(machines.map(({ dnsName }) => dnsName)).toEqual(names.map((name) => `${name}.tail.test`));
    expect(new Set(machines.map(({ address }) => address)).size).toBe(names.length);
    expect(await machineContainers(bed)).toHaveLength(names.length);
    expect(await bed.tailnet.control.loggedIn()).toEqual(["docker", "phone", ...names].toSorted());
  });

  it("twenty machines switched off at once leave no container, no state and no valid device", async () => {
    const { workloads } = await bed.api.snapshot();
    const shared = workloads.filter(({ share }) => share !== null);
    await Promise.all(shared.map(async ({ id }) => await bed.api.deleteShare(id)));
    await noMachines(bed);
    await nothingIsLeft();
    expect(await bed.tailnet.control.loggedIn()).toEqual(["docker", "phone"]);
  });
});

/** Sends ten alternating changes of one share on one connection. They arrive in this order without waiting for answers. */
async function clickAtOnce(
  bed: Bed,
  workload: string,
  methods: readonly ["PUT" | "DELETE", "PUT" | "DELETE"],
) {
  const requests = Array.from(
    { length: 10 },
    (_, index) =>
      `${methods[index % 2]} /shares/${encodeURIComponent(workload)} HTTP/1.1\r\nhost: backend\r\n\r\n`,
  );
  const script = `
    const socket = require("net").connect("/run/guest-services/backend.sock");
    let answers = "";
    socket.on("data", (data) => {
      answers += data;
      const found = answers.match(/HTTP\\/1\\.1 \\d{3}/g) ?? [];
      if (found.length === ${requests.length}) { console.log(found.join(",")); process.exit(0); }
    });
    socket.write(${JSON.stringify(withSecret(requests.join(""), await bed.desktop.backend.secret()))});`;
  const { stdout, stderr } = await bed.desktop.backend.exec(["/usr/local/bin/node", "-e", script], {
    timeoutMs: 30_000,
  });
  expect(stdout.trim().split(","), stderr).toEqual(requests.map(() => "HTTP/1.1 200"));
}

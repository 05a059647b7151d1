import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { olderVersion } from "../../../backend/src/engine/transport.ts";
import type { Bed } from "../../src/bed.ts";
import type { FaultyEngine } from "../../src/engine/faulty-engine.ts";
import { openBedWithFaultyEngine } from "../fixtures/open-bed.ts";
import { liveAddress, reaches } from "../fixtures/visits.ts";

/** Minor number of the Engine API that introduced gateway priorities for networks: 1.48. */
const FIRST_WITH_PRIORITIES = 48;

/** The newest Engine API version that the product supports. */
const NEWEST = "1.56";

describe("the backend's egress", () => {
  let bed: Bed;
  let engineSocket: FaultyEngine;
  let before: string[];
  let sortsAfter: string;

  beforeAll(async () => {
    ({ bed, engineSocket } = await openBedWithFaultyEngine());
    await bed.login();
    before = await defaultRoutes();
  });
  afterAll(async () => await bed?.close());

  function hasPriorities(): boolean {
    const [, minor = 0] = bed.engine.apiVersion.split(".").map(Number);
    return minor >= FIRST_WITH_PRIORITIES;
  }

  async function defaultRoutes(): Promise<string[]> {
    const read = "console.log(require('fs').readFileSync('/proc/net/route','utf8'))";
    const { stdout } = await bed.desktop.backend.exec(["node", "-e", read]);
    return (
      stdout
        .split("\n")
        .filter((line) => line.split("\t")[1] === "00000000")
        // Excludes the interface's name, which may change after a start that found more networks.
        .map((line) => line.split("\t").slice(1, 3).join(" "))
    );
  }

  it("stays the same when it joins networks whose names sort first [S019]", async () => {
    const { engine } = await bed.api.snapshot();
    expect(engine).toMatchObject({ apiVersion: olderVersion(bed.engine.apiVersion, NEWEST) });
    for (const [index, network] of ["00-first", "0-a-network", "aaanet"].entries()) {
      const internal = index === 1 ? ["--internal"] : [];
      await bed.samples.createNetwork(`${network}`, internal);
      await bed.samples.start({ name: `app${index}`, http: 8080 + index, networks: [network] });
    }
    sortsAfter = await liveAddress(bed, "name:app2", await bed.api.putShare("name:app2"));
    await reaches(bed.peer, sortsAfter, "app2 says hello");
    expect(await defaultRoutes()).toEqual(before);
    for (const name of ["app0", "app1"]) {
      await bed.api.putShare(`name:${name}`);
      const exposure = await bed.api.waitFor(`${name} to be live or refused`, ({ workloads }) => {
        const now = workloads.find(({ id }) => id === `name:${name}`)?.share?.exposure;
        return now?.state === "live" || now?.state === "failed" ? now : null;
      });
      // An engine without gateway priorities cannot protect the default route against names such as these. The share is then refused
      // with the reason, and the tailnet stays connected.
      if (exposure.state === "live")
        await reaches(bed.peer, exposure.endpoints[0]?.address ?? "", `${name} says hello`);
      else expect(exposure.fault.code).toBe("EGRESS_MOVED");
      if (hasPriorities()) expect(exposure.state).toBe("live");
      expect(await defaultRoutes()).toEqual(before);
    }
    await reaches(bed.peer, sortsAfter, "app2 says hello");
  });

  it.each([
    ["whose answer is lost", "ec-lost", "10.213.81.0/24", async () => {}],
    [
      "in the middle of which the backend is killed",
      "ec-killed",
      "10.213.82.0/24",
      async () => await bed.desktop.backend.kill(),
    ],
  ])("stays the same after a join %s", async (_what, name, subnet, break_) => {
    // Engines without priorities give the default route to a network that sorts first, so use a later name there.
    const network = hasPriorities() ? `0-${name}` : name;
    // Give it an explicit subnet, so that the first call joins: elsewhere the engine refuses static addresses.
    await bed.samples.createNetwork(network, ["--subnet", subnet]);
    await bed.samples.start({ name, http: 8090, networks: [network] });
    // Wait for its port too, which a busy engine reports later.
    await bed.api.waitFor(name, ({ workloads }) =>
      workloads.some(({ id, ports }) => id === `name:${name}` && ports.length > 0),
    );
    const answer = engineSocket.keepBack("POST", /\/networks\/[0-9a-f]+\/connect$/);
    await bed.api.putShare(`name:${name}`);
    const kept = await answer;
    // The engine has executed the call, but the backend never receives the answer.
    await break_();
    kept.drop();
    await reaches(bed.peer, await liveAddress(bed, `name:${name}`), `${name} says hello`);
    expect(await defaultRoutes()).toEqual(before);
    await reaches(bed.peer, sortsAfter, "app2 says hello");
    await bed.api.deleteShare(`name:${name}`);
  });

  it("is restored at once after the backend was put on a network that takes it [S020]", async () => {
    const network = "0-by-hand";
    await bed.samples.createNetwork(network);
    await bed.samples.start({ name: "by-hand", http: 8091, networks: [network] });
    await bed.engine.docker(["network", "connect", network, bed.desktop.backend.containerId]);
    await expect.poll(defaultRoutes, { timeout: 5_000 }).toEqual(before);
    await bed.api.putShare("name:by-hand");
    const exposure = await bed.api.waitFor("by-hand to be live or refused", ({ workloads }) => {
      const now = workloads.find(({ id }) => id === "name:by-hand")?.share?.exposure;
      return now?.state === "live" || now?.state === "failed" ? now : null;
    });
    expect(exposure.state).toBe(hasPriorities() ? "live" : "failed");
    expect(await defaultRoutes()).toEqual(before);
    await reaches(bed.peer, sortsAfter, "app2 says hello");
    await bed.api.deleteShare("name:by-hand");
  });

  it("sends no IPv6 into a joined network, where the engine lets one with IPv6 be joined", async () => {
    await bed.samples.createNetwork("egress-six", ["--ipv6", "--subnet", "fd00:77:9::/64"]);
    await bed.samples.start({ name: "sixth", http: 8092, networks: ["egress-six"] });
    await bed.api.putShare("name:sixth");
    const exposure = await bed.api.waitFor("sixth to be live or refused", ({ workloads }) => {
      const now = workloads.find(({ id }) => id === "name:sixth")?.share?.exposure;
      return now?.state === "live" || now?.state === "failed" ? now : null;
    });
    const { containerId } = bed.desktop.backend;
    const six = async (container: string) => {
      const format = `{{with index .NetworkSettings.Networks "egress-six"}}{{.GlobalIPv6Address}}{{end}}`;
      return await bed.engine.docker(["inspect", "-f", format, container]);
    };
    if (exposure.state === "failed") {
      expect(exposure.fault.code).toBe("EGRESS_MOVED");
      expect(await six(containerId)).toBe("");
      return;
    }
    expect(await six(containerId)).not.toBe("");
    await reaches(bed.peer, exposure.endpoints[0]?.address ?? "", "sixth says hello");
    const ask = `const s=require("net").connect(8092,"${await six("sixth")}");
s.on("connect",()=>{console.log("connected");process.exit()}).on("error",({code})=>console.log(code));
setTimeout(()=>{console.log("silence");process.exit()},3e3).unref()`;
    const { stdout } = await bed.desktop.backend.exec(["node", "-e", ask]);
    expect(stdout.trim()).toMatch(/^E(?:NETUNREACH|HOSTUNREACH|ACCES)$/);
    expect(await defaultRoutes()).toEqual(before);
    await bed.api.deleteShare("name:sixth");
  });
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { olderVersion } from "../../backend/src/docker/transport.ts";
import type { Bed } from "../src/bed.ts";
import type { FaultyEngine } from "../src/engine/faulty-engine.ts";
import { openBedWithFaultyEngine } from "./fixtures/open-bed.ts";
import { liveAddress, reaches } from "./fixtures/visits.ts";

/** Minor number of the Engine API from which a network is joined with a gateway priority: 1.48. */
const FIRST_WITH_PRIORITIES = 48;

/** The newest Engine API that the product speaks. */
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
        // Without the card: its name is another one after a start that found more networks.
        .map((line) => line.split("\t").slice(1, 3).join(" "))
    );
  }

  it("stays where it was when it joins networks whose names sort first", async () => {
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
      // An engine without gateway priorities cannot keep its promise to names such as these: then they are refused with the
      // reason, and the tailnet stays.
      if (exposure.state === "live")
        await reaches(bed.peer, exposure.endpoints[0]?.address ?? "", `${name} says hello`);
      else expect(exposure.fault.code).toBe("EGRESS_MOVED");
      if (hasPriorities()) expect(exposure.state).toBe("live");
      expect(await defaultRoutes()).toEqual(before);
    }
    await reaches(bed.peer, sortsAfter, "app2 says hello");
  });

  it.each([
    ["whose answer is lost", "ec-lost", async () => {}],
    [
      "in the middle of which the backend is killed",
      "ec-killed",
      async () => await bed.desktop.backend.kill(),
    ],
  ])("stays, or is back at once, after a join %s", async (_what, name, break_) => {
    await bed.samples.createNetwork(`0-${name}`);
    await bed.samples.start({ name, http: 8090, networks: [`0-${name}`] });
    await bed.api.waitFor(name, ({ workloads }) => workloads.some(({ id }) => id === `name:${name}`));
    const answer = engineSocket.keepBack("POST", /\/networks\/[0-9a-f]+\/connect$/);
    await bed.api.putShare(`name:${name}`);
    const kept = await answer;
    // The engine has done it, and whoever asked for it does not know.
    if (!hasPriorities()) expect(await defaultRoutes()).not.toEqual(before);
    await break_();
    kept.drop();
    const exposure = await bed.api.waitFor(`${name} to be live or refused`, ({ workloads }) => {
      const now = workloads.find(({ id }) => id === `name:${name}`)?.share?.exposure;
      if (now?.state === "failed") return now.fault.code === "EGRESS_MOVED" ? now : null;
      return now?.state === "live" ? now : null;
    });
    expect(exposure.state).toBe(hasPriorities() ? "live" : "failed");
    await expect.poll(defaultRoutes, { timeout: 5_000 }).toEqual(before);
    await reaches(bed.peer, sortsAfter, "app2 says hello");
    await bed.api.deleteShare(`name:${name}`);
  });
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../src/bed.ts";
import { openBed } from "./fixtures/open-bed.ts";
import { liveAddress, reaches } from "./fixtures/visits.ts";

/** Minor number of the Engine API from which a network is joined with a gateway priority: 1.48. */
const FIRST_WITH_PRIORITIES = 48;

describe("the backend's egress", () => {
  let bed: Bed;

  beforeAll(async () => {
    bed = await openBed();
    await bed.login();
  });
  afterAll(async () => await bed?.close());

  async function defaultRoutes(): Promise<string[]> {
    const read = "console.log(require('fs').readFileSync('/proc/net/route','utf8'))";
    const { stdout } = await bed.desktop.backend.exec(["node", "-e", read]);
    return stdout
      .split("\n")
      .filter((line) => line.split("\t")[1] === "00000000")
      .map((line) => line.split("\t").slice(0, 3).join(" "));
  }

  it("stays where it was when it joins networks whose names sort first", async () => {
    const [, minor = 0] = bed.engine.apiVersion.split(".").map(Number);
    const before = await defaultRoutes();
    for (const [index, network] of ["00-first", "0-a-network", "aaanet"].entries()) {
      const internal = index === 1 ? ["--internal"] : [];
      await bed.samples.createNetwork(`${network}`, internal);
      await bed.samples.start({ name: `app${index}`, http: 8080 + index, networks: [network] });
    }
    const sortsAfter = await liveAddress(bed, "name:app2", await bed.api.putShare("name:app2"));
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
      if (minor >= FIRST_WITH_PRIORITIES) expect(exposure.state).toBe("live");
      expect(await defaultRoutes()).toEqual(before);
    }
    await reaches(bed.peer, sortsAfter, "app2 says hello");
  });
});

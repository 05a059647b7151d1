import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../src/bed.ts";
import { openBed } from "./fixtures/open-bed.ts";
import { liveAddress, reaches } from "./fixtures/visits.ts";

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
      const snapshot = await bed.api.putShare(`name:${name}`);
      const exposure = snapshot.workloads.find(({ id }) => id === `name:${name}`)?.share?.exposure;
      // An engine without gateway priorities cannot keep its promise to names such as these: then they are refused with the
      // reason, and the tailnet stays.
      if (exposure?.state === "live")
        await reaches(bed.peer, exposure.endpoints[0]?.address ?? "", `${name} says hello`);
      else expect(exposure).toMatchObject({ state: "failed", fault: { code: "EGRESS_MOVED" } });
      expect(await defaultRoutes()).toEqual(before);
    }
    await reaches(bed.peer, sortsAfter, "app2 says hello");
  });
});

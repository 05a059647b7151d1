import { AppError } from "@tailnet-share/contract/errors";
import type { PutShare } from "@tailnet-share/contract/share";
import type { Workload } from "@tailnet-share/contract/workload";
import { expect, test } from "vitest";
import { NO_NAMES } from "../shares/machine-share.ts";
import type { StoredShare } from "../shares/stored-share.ts";
import { createSnapshotFeed } from "../status/snapshot-feed.ts";
import { createFakeClock, share } from "../testing.ts";
import { createPutShare, PORTS_MS } from "./put-share.ts";

/** A container whose ports the engine reports once the test says so. */
function setUp({ stored = [] as StoredShare[], portsKnown = false } = {}) {
  const clock = createFakeClock();
  let known = portsKnown;
  let looks = 0;
  const row = () => ({ id: "name:web", portsKnown: known }) as Workload;
  const feed = createSnapshotFeed(() => ({ workloads: [row()] }) as never, clock);
  const puts: PutShare[] = [];
  const put = createPutShare({
    shares: {
      list: () => stored,
      async put(_, wanted) {
        if (!known && wanted.ports === undefined && stored.length === 0)
          throw new AppError("NO_PORTS_KNOWN", "No port is known.", "Enter one.");
        puts.push(wanted);
        await Promise.resolve();
      },
    },
    settings: { get: () => ({ oneClick: "node", machineNames: "service", authorities: "" }) } as never,
    credentials: { view: () => ({ kind: "none" }) } as never,
    hear: async () => await Promise.resolve(null),
    tailnetNames: async () => await Promise.resolve(NO_NAMES),
    feed,
    catchUp: async () => await Promise.resolve(),
    async look() {
      looks += 1;
      await Promise.resolve();
    },
    clock,
  });
  return {
    clock,
    put,
    puts,
    looks: () => looks,
    report() {
      known = true;
      feed.refresh();
    },
  };
}

test("waits for the ports of a container that the engine is still starting, and then shares it", async () => {
  const { clock, put, puts, report, looks } = setUp();
  const click = put("name:web", {});
  await clock.advance(PORTS_MS - 1);
  expect(puts).toEqual([]);
  report();
  await click;
  expect(puts).toEqual([{}]);
  expect(looks()).toBe(0);
});

test("says that no port is known when the engine does not report any in time", async () => {
  const { clock, put, looks } = setUp();
  const click = put("name:web", {});
  const refused = expect(click).rejects.toMatchObject({ code: "NO_PORTS_KNOWN" });
  await clock.advance(PORTS_MS);
  await refused;
  expect(looks()).toBe(1);
});

test.each<[string, PutShare, StoredShare[]]>([
  ["a click that names its ports", { ports: [{ port: 80, protocol: "tcp" }] }, []],
  ["a change of a share", { until: null }, [share("web")]],
])("does not wait for %s", async (_, wanted, stored) => {
  const { put, puts } = setUp({ stored });
  await put("name:web", wanted);
  expect(puts).toEqual([wanted]);
});

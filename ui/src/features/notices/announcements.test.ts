import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { expect, test } from "vitest";
import { connected, fault, share, snapshot, workload } from "../../testing/fixtures.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import { BETWEEN_MS, createAnnouncements, SETTLED_MS } from "./announcements.ts";

const shared = workload({ share: share() });
const broken = workload({ share: share({ exposure: { state: "failed", fault: fault() } }) });
const other = (on: boolean) =>
  workload({ id: "name:b", name: "b", project: null, share: on ? share() : null });
const all = (...workloads: Snapshot["workloads"]) => snapshot({ workloads });
const BROKEN = `shop/web is not reachable. ${fault().message}`;

function listening() {
  const clock = createManualClock();
  const heard: string[] = [];
  const announcements = createAnnouncements(clock, (words) => heard.push(words));
  return {
    clock,
    take: (next: Snapshot) => announcements.take(next),
    stop: () => announcements.stop(),
    heard: () => heard.splice(0),
  };
}

test("says a change at once, and those that follow soon together", () => {
  const { take, clock, heard } = listening();
  take(all(workload(), other(false)));
  take(all(shared, other(false)));
  expect(heard()).toEqual(["shop/web is shared."]);
  take(all(shared, other(true)));
  take(all(broken, other(true)));
  expect(heard()).toEqual([]);
  clock.advance(BETWEEN_MS);
  expect(heard()).toEqual([`${BROKEN} b is shared.`]);
});

test("says nothing of what is as it was when it comes to speak", () => {
  const { take, clock, heard } = listening();
  take(all(workload(), other(false)));
  take(all(shared, other(false)));
  take(all(shared, other(true)));
  take(all(shared, other(false)));
  clock.advance(BETWEEN_MS);
  expect(heard()).toEqual(["shop/web is shared."]);
});

test("says of a container that keeps changing only that, and what became of it when it has settled", () => {
  const { take, clock, heard } = listening();
  take(all(shared, other(false)));
  for (let round = 0; round < 5; round += 1) {
    take(all(broken, other(false)));
    clock.advance(BETWEEN_MS);
    take(all(shared, other(false)));
    clock.advance(BETWEEN_MS);
  }
  const round = [BROKEN, "shop/web is shared."];
  expect(heard()).toEqual([...round, ...round, ...round, "shop/web keeps changing."]);
  take(all(broken, other(true)));
  expect(heard()).toEqual(["b is shared."]);
  clock.advance(SETTLED_MS - 1);
  expect(heard()).toEqual([]);
  clock.advance(1);
  clock.advance(BETWEEN_MS);
  expect(heard()).toEqual([BROKEN]);
});

test("says that a key was renewed, also when that began and ended before it could speak", () => {
  const { take, clock, heard } = listening();
  const keyed = (keyExpiry: string, url: string | null) =>
    snapshot({
      node: connected({ keyExpiry, renewal: url === null ? null : { url, fault: null } }),
      workloads: [shared],
    });
  take(snapshot({ ...keyed("2026-03-10T00:00:00Z", null), workloads: [workload()] }));
  take(keyed("2026-03-10T00:00:00Z", null));
  take(keyed("2026-03-10T00:00:00Z", "https://login.example.com/a/1"));
  take(keyed("2026-09-10T00:00:00Z", null));
  clock.advance(BETWEEN_MS);
  expect(heard()).toEqual(["shop/web is shared.", "Node key renewed."]);
});

test("stops", () => {
  const { take, stop, clock, heard } = listening();
  take(all(workload()));
  take(all(shared));
  take(all(workload()));
  stop();
  clock.advance(BETWEEN_MS);
  expect(heard()).toEqual(["shop/web is shared."]);
});

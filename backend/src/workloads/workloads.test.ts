import fc from "fast-check";
import { expect, test } from "vitest";
import { container } from "../testing.ts";
import { currentContainers, sharedContainers } from "./workloads.ts";

const labels = {
  "com.docker.compose.project": "shop",
  "com.docker.compose.service": "web",
  "com.docker.compose.container-number": "1",
};
const SHOP = "compose:shop/web/1";
/** In the engine's order: newest first. */
const claimants = (newer: object, older: object) => [
  container("newer", { labels, ...newer }),
  container("older", { labels, ...older }),
];
const chosen = (containers: ReturnType<typeof claimants>, keeper: string | null = null) =>
  currentContainers(containers, [{ workload: SHOP, lastContainerId: keeper }]).get(SHOP)?.container.name;

test("while a container is re-created, the running one of the two counts", () => {
  expect(chosen(claimants({}, { run: "stopped" }))).toBe("newer");
  expect(chosen(claimants({ run: "stopped" }, {}))).toBe("older");
  expect(chosen(claimants({ run: "stopped" }, { run: "stopped" }))).toBe("newer");
});

test("a container that had the share keeps it for as long as it runs, whoever else claims its identity [S076]", () => {
  expect(chosen(claimants({}, {}), "id-of-older")).toBe("older");
  expect(chosen(claimants({}, {}), "id-of-newer")).toBe("newer");
  expect(chosen(claimants({}, { run: "paused" }), "id-of-older")).toBe("older");
  expect(chosen(claimants({}, { run: "stopped" }), "id-of-older")).toBe("newer");
});

test("of two that run and of which none had the share, the one that was there first has it", () => {
  expect(chosen(claimants({}, {}))).toBe("older");
  expect(chosen(claimants({}, {}), "id-of-one-that-is-gone")).toBe("older");
});

const replica = (number: number, more: Parameters<typeof container>[1] = {}, service = "web") =>
  container(`${service}-${number}`, {
    labels: {
      "com.docker.compose.project": "shop",
      "com.docker.compose.service": service,
      "com.docker.compose.container-number": String(number),
    },
    ...more,
  });
const holder = (workload: string, lastContainerId: string | null = "gone") => ({ workload, lastContainerId });
const followed = (containers: ReturnType<typeof container>[], ...shares: ReturnType<typeof holder>[]) =>
  Object.fromEntries(
    [...sharedContainers(containers, shares)].map(([workload, { identity }]) => [workload, identity.id]),
  );
const TWO = "compose:shop/web/2";

test("a share whose replica is gone goes to the running replica with the lowest number", () => {
  expect(followed([replica(3), replica(2)], holder(SHOP))).toEqual({ [SHOP]: TWO });
  expect(followed([replica(10), replica(9)], holder(SHOP))).toEqual({ [SHOP]: "compose:shop/web/9" });
});

test.each([
  ["a replica that is there, running or not", [replica(1, { run: "stopped" }), replica(2)], SHOP],
  ["a replica that does not run", [replica(2, { run: "stopped" })], undefined],
  ["another service's replica", [replica(2, {}, "api")], undefined],
])("a share meets %s", (_, containers, id) => {
  expect(followed(containers, holder(SHOP))[SHOP]).toBe(id);
});

test("a share never takes over a replica that is shared itself, and two shares never get the same one", () => {
  expect(followed([replica(2)], holder(SHOP), holder(TWO))).toEqual({ [TWO]: TWO });
  expect(followed([replica(3)], holder(SHOP), holder(TWO))).toEqual({ [SHOP]: "compose:shop/web/3" });
});

test("a share of a swarm's slot goes to another slot of the service", () => {
  const labels = { "com.docker.swarm.service.name": "web", "com.docker.swarm.task.name": "web.2.x" };
  expect(followed([container("web.2.x", { labels })], holder("swarm:web/1"))).toEqual({
    "swarm:web/1": "swarm:web/2",
  });
});

test("a share stored under a dev container's invented name moves to the folder's identity", () => {
  const labels = { "devcontainer.local_folder": "/home/u/app" };
  const moved = followed(
    [container("frosty_banzai", { labels })],
    holder("name:frosty_banzai", "id-of-frosty_banzai"),
  );
  expect(moved["name:frosty_banzai"]).toMatch(/^devcontainer:/);
});

test("whatever containers and shares there are, each share has its own container and no other share's workload [S077]", () => {
  const some = fc.record({
    name: fc.constantFrom("a", "b", "c"),
    number: fc.integer({ min: 0, max: 4 }),
    service: fc.constantFrom("web", "api"),
    run: fc.constantFrom("running" as const, "stopped" as const, "paused" as const),
  });
  const containers = fc
    .array(some)
    .map((all) =>
      all.map(({ name, number, service, run }, index) =>
        number === 0
          ? container(name, { id: `id-${index}`, run })
          : replica(number, { id: `id-${index}`, run }, service),
      ),
    );
  const names = ["a", "b", "c"].map((name) => `name:${name}`);
  const services = ["web", "api"].flatMap((service) => [1, 2, 3].map((n) => `compose:shop/${service}/${n}`));
  const shares = fc.uniqueArray(
    fc.record({
      workload: fc.constantFrom(...names, ...services),
      last: fc.option(fc.integer({ min: 0, max: 9 })),
    }),
    { selector: ({ workload }) => workload },
  );
  fc.assert(
    fc.property(containers, shares, (list, stored) => {
      const holders = stored.map(({ workload, last }) =>
        holder(workload, last === null ? null : `id-${last}`),
      );
      const current = currentContainers(list, holders);
      const found = sharedContainers(list, holders);
      const given = [...found.values()];
      expect(new Set(given.map(({ container: { id } }) => id)).size).toBe(given.length);
      expect(new Set(given.map(({ identity: { id } }) => id)).size).toBe(given.length);
      for (const [workload, { identity }] of found) {
        if (current.has(workload)) expect(identity.id).toBe(workload);
        else expect(holders.some((holder) => holder.workload === identity.id)).toBe(false);
      }
    }),
  );
});

test("once a followed identity is written down, the next look finds the same container", () => {
  const list = [replica(3), replica(2)];
  const [first] = [...sharedContainers(list, [holder(SHOP)]).values()];
  const stored = holder(first?.identity.id ?? "", first?.container.id);
  expect([...sharedContainers(list, [stored]).values()]).toEqual([first]);
});

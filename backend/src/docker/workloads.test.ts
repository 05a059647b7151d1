import { expect, test } from "vitest";
import { container } from "../testing.ts";
import { currentContainers } from "./workloads.ts";

const labels = {
  "com.docker.compose.project": "shop",
  "com.docker.compose.service": "web",
  "com.docker.compose.container-number": "1",
};
const SHOP = "compose:shop/web/1";
/** As the engine lists them: the newest first. */
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

test("a container that had the share keeps it for as long as it runs, whoever else claims its identity", () => {
  expect(chosen(claimants({}, {}), "id-of-older")).toBe("older");
  expect(chosen(claimants({}, {}), "id-of-newer")).toBe("newer");
  expect(chosen(claimants({}, { run: "paused" }), "id-of-older")).toBe("older");
  expect(chosen(claimants({}, { run: "stopped" }), "id-of-older")).toBe("newer");
});

test("of two that run and of which none had the share, the one that was there first has it", () => {
  expect(chosen(claimants({}, {}))).toBe("older");
  expect(chosen(claimants({}, {}), "id-of-one-that-is-gone")).toBe("older");
});

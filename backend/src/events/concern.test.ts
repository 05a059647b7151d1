import { expect, test } from "vitest";
import { container, share } from "../testing.ts";
import type { ContainerFacts } from "../workloads/facts.ts";
import { concernsShares } from "./concern.ts";

const compose = (project: string, service: string) => ({
  "com.docker.compose.project": project,
  "com.docker.compose.service": service,
  "com.docker.compose.container-number": "1",
});
const lender = container("vpn");
const borrower = container("web", { networkMode: { kind: "container", id: lender.id } });
const stranger = container("stranger");
const shop = share("shop", { workload: "compose:shop/web/1", project: "shop", lastContainerId: "gone" });
const known = {
  shares: [share("web"), shop],
  shared: [borrower],
  byId: new Map<string, ContainerFacts>(
    [lender, borrower, stranger].map((container) => [container.id, container]),
  ),
  ownId: "self",
};
const event = (ID: string, Attributes: Record<string, string> | null = {}, Type = "container") => ({
  Type,
  Action: "die",
  Actor: { ID, Attributes },
});

test.each([
  ["a shared container", event(borrower.id), true],
  ["a container whose network a shared one uses", event(lender.id), true],
  ["a stranger", event(stranger.id), false],
  ["a stranger without attributes", event(stranger.id, null), false],
  ["a new container under a share's name", event("new", { name: "web" }), true],
  ["a new container under another name", event("new", { name: "other" }), false],
  ["the last container of a share that is removed", event("gone"), true],
  ["another service of a share's compose project", event("new", compose("shop", "db")), true],
  ["another compose project", event("new", compose("blog", "web")), false],
  ["a machine's container", event("new", { "tailnet-share.role": "machine" }), true],
  ["the backend itself", event("self"), true],
  ["a network that a shared container joins", event("net", { container: borrower.id }, "network"), true],
  ["a network that a stranger joins", event("net", { container: stranger.id }, "network"), false],
  ["a network that the backend leaves", event("net", { container: "self" }, "network"), true],
])("an event of %s concerns what is shared: %#", (_, event, concerns) => {
  expect(concernsShares(event, known)).toBe(concerns);
});

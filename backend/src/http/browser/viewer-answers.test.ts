import { API, type Route, type RouteName } from "@tailnet-share/contract/api";
import type { CheckReport } from "@tailnet-share/contract/check";
import type { NodeState } from "@tailnet-share/contract/node";
import type { Role } from "@tailnet-share/contract/session";
import type { Exposure } from "@tailnet-share/contract/share";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { expect, test } from "vitest";
import { z } from "zod";
import { snapshotWith, workload } from "../../operations/snapshot.testing.ts";
import { connectedNode } from "../../testing.ts";
import { isForViewers } from "./browser-server.testing.ts";
import { withoutLinksForViewers } from "./viewer-answers.ts";

const LINK = "https://login.tailscale.com/a/1f0c9a7b2d3e";
const PAGE = "https://login.tailscale.com/admin/machines";

const hook = withoutLinksForViewers();
const answerFor = async (role: Role | undefined, answer: unknown) =>
  await hook((role === undefined ? {} : { you: { role } }) as never, {} as never, answer);
const login = { url: LINK };
const needsApproval = (by: "log-in" | "admin", url: string): Exposure => ({
  state: "needs-approval",
  by,
  url,
});
const exposed = (exposure: Exposure) => snapshotWith({ workloads: [workload("web", { exposure })] });
const withNode = (node: NodeState) => snapshotWith({ node, workloads: [workload("web", null)] });

/** By the place that holds a login link. */
const LINKED: [place: string, answer: Snapshot | CheckReport][] = [
  ["node.login.url", withNode({ state: "logged-out", login, fault: null })],
  ["node.login.url", withNode({ state: "expired", name: "docker", login, fault: null })],
  ["node.renewal.url", withNode({ ...connectedNode, renewal: { url: LINK, fault: null } })],
  ["workloads.share.exposure.url", exposed(needsApproval("log-in", LINK))],
  [
    "of.exposure.url",
    { hops: [], of: { run: "running", containerId: null, exposure: needsApproval("log-in", LINK) } },
  ],
];
/** Addresses that give whoever opens them no rights. */
const HARMLESS = [
  "accounts.controlUrl",
  "alerts.machines.controlUrl",
  "node.adminUrl",
  "panelOnTailnet.url",
  "settings.controlUrl",
  "workloads.share.machine.web.url",
];

test.each(LINKED)(
  "a viewer gets no login link in %s, and an editor gets it [S202]",
  async (_place, answer) => {
    const seen = await answerFor("view", answer);
    expect(JSON.stringify(seen)).not.toContain(LINK);
    expect(JSON.parse(JSON.stringify(answer).replaceAll(JSON.stringify(LINK), "null"))).toEqual(seen);
    expect(JSON.stringify(await answerFor(undefined, answer))).not.toContain(LINK);
    expect(await answerFor("edit", answer)).toBe(answer);
  },
);

test("every address that an answer to viewers may hold is either a login link or known to be harmless [S203]", () => {
  const forViewers = Object.entries<Route>(API).filter(([name, route]) =>
    isForViewers(name as RouteName, route),
  );
  const found = forViewers.flatMap(([name, { answer }]) =>
    // Diagnostics hold a snapshot for others' eyes, see their own tests. The settings are those of the snapshot.
    typeof answer === "string" || ["diagnostics", "settings"].includes(name)
      ? []
      : addressesIn(schemaOf(answer)),
  );
  expect([...new Set(found)].toSorted()).toEqual(
    [...new Set([...HARMLESS, ...LINKED.map(([place]) => place)])].toSorted(),
  );
});

test("a viewer gets pages of the admin console and all other answers as they are", async () => {
  for (const answer of [
    exposed(needsApproval("admin", PAGE)),
    withNode({ state: "needs-approval", adminUrl: PAGE }),
    { ok: true },
    { error: { code: "INTERNAL", message: "Something went wrong.", hint: "" } },
  ])
    expect(await answerFor("view", answer)).toEqual(answer);
});

test("all viewers get the same object for one snapshot, so that it is written once", async () => {
  const [[, snapshot] = []] = LINKED;
  expect(await answerFor("view", snapshot)).toBe(await answerFor("view", snapshot));
});

type JsonSchema = z.core.JSONSchema.BaseSchema;

function schemaOf(answer: z.ZodType): JsonSchema {
  return z.toJSONSchema(answer, { unrepresentable: "any", io: "output" });
}

/** The paths of all properties that are called after an address. */
function addressesIn(schema: unknown, path = ""): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const {
    properties = {},
    items,
    additionalProperties,
    anyOf = [],
    oneOf = [],
    allOf = [],
  } = schema as JsonSchema;
  const named = Object.entries(properties).flatMap(([name, inner]) => {
    const at = path === "" ? name : `${path}.${name}`;
    return [...(/url$|link$/i.test(name) ? [at] : []), ...addressesIn(inner, at)];
  });
  const unnamed = [items, additionalProperties, ...anyOf, ...oneOf, ...allOf];
  return [...named, ...unnamed.flatMap((inner) => addressesIn(inner, path))];
}

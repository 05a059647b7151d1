import { PANEL_CAPABILITY } from "@tailnet-share/contract/session";
import { describe, expect, it } from "vitest";
import { createFakeClock } from "../../../testing.ts";
import { Status, WhoIs } from "../../localapi/types.ts";
import { createPanelVisitors, panelRole, strangerOf } from "./panel-visitors.ts";

const OWNER = 7;
const self = { HostName: "docker", DNSName: "docker.tail.test.", UserID: OWNER };
const statusOf = (more: object = {}) =>
  Status.parse({ Version: "1.102.3", BackendState: "Running", Self: { ...self, ...more } });
const grant = (...grants: unknown[]) => ({ CapMap: { [PANEL_CAPABILITY]: grants } });
const device = (
  user: number,
  { tags, id = "n1", ...more }: { tags?: string[]; id?: string; CapMap?: object } = {},
) =>
  WhoIs.parse({
    Node: { StableID: id, Name: "phone.tail.test.", ComputedName: "phone", User: user, Tags: tags ?? null },
    UserProfile: { LoginName: user === OWNER ? "anna@example.com" : "ben@example.com" },
    ...more,
  });
const tagged = (more: object = {}) => device(OWNER, { tags: ["tag:ci"], ...more });
const PHONE = { name: "phone", source: "100.64.0.3" };
const anna = { name: "anna@example.com", role: "edit", door: "tailnet" };
const ben = { name: "ben@example.com", role: "view", door: "tailnet" };

describe("the role of a device in the panel", () => {
  it.each([
    ["the owner's device may edit", device(OWNER), {}, anna],
    ["another user's device has none", device(8), {}, null],
    ["another user's device has what was granted", device(8, grant({ role: "view" })), {}, ben],
    [
      "the highest of several grants counts",
      device(8, grant({ role: "view" }, { role: "edit" })),
      {},
      { ...ben, role: "edit" },
    ],
    ["a tagged device of the owner has none", tagged(), {}, null],
    [
      "a tagged device has what was granted, by its name",
      tagged(grant({ role: "view" })),
      {},
      { ...ben, name: "phone" },
    ],
    ["a tagged node has no owner", device(OWNER), { Tags: ["tag:docker"] }, null],
    [
      "a tagged node with the capability",
      device(8, grant({ role: "edit" })),
      { Tags: ["tag:docker"] },
      { ...ben, role: "edit" },
    ],
    ["a device without a user is nobody's", device(0), { UserID: 0 }, null],
    ["an unknown role is none", device(8, grant({ role: "admin" })), {}, null],
    ["a grant without a role is none", device(8, grant({}, "edit", null, ["edit"])), {}, null],
    ["a capability without values is none", device(8, { CapMap: { [PANEL_CAPABILITY]: null } }), {}, null],
    [
      "another capability is none",
      device(8, { CapMap: { "example.com/cap/panel": [{ role: "edit" }] } }),
      {},
      null,
    ],
  ])("is right: %s [S165]", (_what, visitor, own, you) => {
    expect(panelRole(visitor, statusOf(own).Self, new Set())).toEqual(you);
  });

  it("an own machine has none, although it is in the tailnet as the owner [S166]", () => {
    const machines = new Set(["n1"]);
    expect(panelRole(device(OWNER), statusOf().Self, machines)).toBeNull();
    expect(panelRole(device(OWNER, grant({ role: "view" })), statusOf().Self, machines)).toEqual({
      ...ben,
      name: "phone",
    });
  });

  it("a device without an ID has none, because it may be an own machine", () => {
    expect(panelRole(device(OWNER, { id: "" }), statusOf().Self, new Set(["n1"]))).toBeNull();
  });

  it("nobody is the owner of a node that tailscaled does not know", () => {
    expect(panelRole(device(OWNER), null, new Set())).toBeNull();
  });
});

describe("a visitor without a role", () => {
  it.each([
    ["another user", device(8), {}, { name: "ben@example.com", source: "ben@example.com" }],
    [
      "another user at a Headscale",
      { ...device(8), UserProfile: { LoginName: "ben" } },
      {},
      { name: "ben", source: "ben@" },
    ],
    ["a tagged device", tagged(), {}, { name: "phone", source: "tag:ci" }],
    ["a device at a tagged node, which may be an own machine", device(8), { Tags: ["tag:docker"] }, PHONE],
    ["the node's own user at a machine of theirs", device(OWNER), {}, PHONE],
    ["a device without a profile", { ...device(8), UserProfile: null }, {}, PHONE],
  ])("is called by name only if that is nobody's of this node: %s", (_what, visitor, own, expected) => {
    expect(strangerOf(visitor, statusOf(own).Self, "100.64.0.3")).toEqual(expected);
  });

  it("is known only for somebody who has no role in any case", async () => {
    const { find, stranger, asked } = setUp(
      async (address) =>
        await Promise.resolve({ "100.64.0.2:1": device(OWNER), "100.64.0.3:1": device(8) }[address] ?? null),
      async () => await Promise.resolve(new Set(["n1"])),
    );
    expect([await find("100.64.0.2"), await stranger("100.64.0.2")]).toEqual([null, null]);
    expect([await find("100.64.0.9"), await stranger("100.64.0.9")]).toEqual([null, null]);
    expect(await stranger("100.64.0.3")).toEqual({ name: "ben@example.com", source: "ben@example.com" });
    expect(asked).toHaveLength(3);
  });
});

function setUp(
  answer: (address: string) => Promise<WhoIs | null> = async () => await Promise.resolve(device(OWNER)),
  machines: () => Promise<ReadonlySet<string>> = async () => await Promise.resolve(new Set()),
) {
  const clock = createFakeClock();
  const asked: string[] = [];
  const lines: unknown[] = [];
  const visitors = createPanelVisitors({
    localApi: {
      async whois(address) {
        asked.push(address);
        return await answer(address);
      },
      status: async () => await Promise.resolve(statusOf()),
    },
    machines,
    clock,
    log: { info: (facts: unknown) => void lines.push(facts) } as never,
  });
  return { ...{ clock, asked, lines }, find: visitors.find, stranger: visitors.stranger };
}

describe("asking tailscaled who visits", () => {
  it("asks once for ten seconds, also for many requests at once and for a stranger", async () => {
    const { find, asked, clock } = setUp(
      async (address) => await Promise.resolve(address.startsWith("100.64.0.2") ? device(OWNER) : null),
    );
    expect(await Promise.all([find("100.64.0.2"), find("100.64.0.2")])).toEqual([anna, anna]);
    expect([await find("fd7a::9"), await find("fd7a::9")]).toEqual([null, null]);
    expect(asked).toEqual(["100.64.0.2:1", "[fd7a::9]:1"]);
    await clock.advance(9_999);
    await find("100.64.0.2");
    expect(asked).toHaveLength(2);
    await clock.advance(1);
    await find("100.64.0.2");
    expect(asked).toHaveLength(3);
  });

  it("lets nobody in while tailscaled does not answer, and asks again afterwards [S167]", async () => {
    let works = false;
    const { find } = setUp(async () => {
      if (!works) throw new Error("down");
      return await Promise.resolve(device(OWNER));
    });
    await expect(find("100.64.0.2")).rejects.toThrow("down");
    works = true;
    expect(await find("100.64.0.2")).toEqual(anna);
  });

  it("gives nothing to a device while it may be a machine of which nothing is known, and asks again afterwards [S201]", async () => {
    let ids: ReadonlySet<string> | null = null;
    const { find } = setUp(undefined, async () => {
      if (ids === null) throw new Error("unknown");
      return await Promise.resolve(ids);
    });
    await expect(find("100.64.0.2")).rejects.toThrow("unknown");
    ids = new Set(["n1"]);
    expect(await find("100.64.0.2")).toBeNull();
  });

  it("asks for the machines after it knows the visitor, and not for a device that has no role anyway", async () => {
    const order: string[] = [];
    const { find } = setUp(
      async (address) => {
        order.push(address);
        return await Promise.resolve(device(address.startsWith("100.64.0.2") ? OWNER : 8));
      },
      async () => {
        order.push("machines");
        return await Promise.resolve(new Set());
      },
    );
    await find("100.64.0.3");
    await find("100.64.0.2");
    expect(order).toEqual(["100.64.0.3:1", "100.64.0.2:1", "machines"]);
  });

  it("asks for 200 addresses in ten seconds at most", async () => {
    const { find, asked, clock } = setUp();
    const address = (count: number) => `100.64.${Math.floor(count / 250)}.${count % 250}`;
    for (let count = 0; count < 200; count += 1) await find(address(count));
    await expect(find(address(200))).rejects.toMatchObject({ fault: { code: "TOO_MANY_TRIES" } });
    expect(await find(address(0)), "known ones are served").toEqual(anna);
    expect(asked).toHaveLength(200);
    await clock.advance(10_000);
    expect(await find(address(200))).toEqual(anna);
  });

  it("logs each device without a role once", async () => {
    const { find, lines, clock } = setUp(async () => await Promise.resolve(device(8)));
    await find("100.64.0.3");
    await clock.advance(10_000);
    await find("100.64.0.3");
    expect(lines).toEqual([{ event: "panel.turned-away", device: "phone" }]);
  });
});

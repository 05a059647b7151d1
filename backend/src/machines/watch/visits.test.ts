import { expect, test } from "vitest";
import type { Peer } from "../../tailscale/localapi/peers.ts";
import type { Notify } from "../../tailscale/localapi/types.ts";
import { createFakeClock } from "../../testing.ts";
import { type Counted, countVisits, createVisitCounter, type Visits } from "./visits.ts";

const nobody: Visits = { traffic: { received: 0, sent: 0 }, visitors: [] };
const own = new Set(["node", "sibling"]);
const peer = (id: string, more: Partial<Peer> = {}): Peer => ({
  ...{
    id,
    name: id,
    user: "anna",
    addresses: [],
    online: true,
    mute: false,
    active: true,
    path: "direct",
    received: 0,
    sent: 0,
  },
  ...more,
});

/** Counts these looks in order, starting with the first. */
function after(...looks: readonly Peer[][]): Visits {
  let visits = nobody;
  let counts: Parameters<typeof countVisits>[1] = new Map();
  for (const peers of looks) ({ visits, counts } = countVisits(visits, counts, peers, own));
  return visits;
}

test("a device that sent more than pings is a client, with its user and how it comes", () => {
  const phone = peer("phone", { received: 700, sent: 5_000, path: "relayed" });
  expect(after([phone, peer("laptop", { received: 400, sent: 300 })])).toEqual({
    traffic: { received: 1_100, sent: 5_300 },
    visitors: [{ device: "phone", user: "anna", path: "relayed" }],
  });
});

test("our own devices are no clients, and their bytes do not count", () => {
  const ours = [peer("node", { received: 9_000, sent: 9_000 }), peer("sibling", { received: 9_000 })];
  expect(after(ours)).toEqual(nobody);
});

test("bytes add up over looks, and over counters that begin anew", () => {
  const at = (received: number, sent: number) => [peer("phone", { received, sent })];
  expect(after(at(1_000, 10), at(1_500, 20), at(200, 5), at(300, 5)).traffic).toEqual({
    received: 1_800,
    sent: 25,
  });
});

test("a client has left when nothing was sent to it for a while, and comes back only with more", () => {
  const at = (received: number, active: boolean) => [peer("phone", { received, active })];
  expect(after(at(1_000, true)).visitors).toHaveLength(1);
  expect(after(at(1_000, true), at(1_000, false)).visitors).toEqual([]);
  expect(after(at(1_000, true), at(1_000, false), at(1_100, true)).visitors).toEqual([]);
  expect(after(at(1_000, true), at(1_000, false), at(1_100, true), at(1_600, true)).visitors).toHaveLength(1);
});

test("clients are in the order of their names, however tailscaled lists them", () => {
  const both = [peer("b", { received: 900 }), peer("a", { received: 900 })];
  expect(after(both).visitors.map(({ device }) => device)).toEqual(["a", "b"]);
});

/** A counter over machines whose peers can be changed. `asked` lists the machines that it has asked. */
function world({ watched = true } = {}) {
  const clock = createFakeClock();
  const asked: string[] = [];
  const peers = new Map<string, readonly Peer[]>();
  const visits: string[] = [];
  const counter = createVisitCounter(
    async (key) => {
      asked.push(key);
      const list = peers.get(key);
      if (list === undefined) throw new Error("it does not answer");
      return await Promise.resolve(list);
    },
    () => watched,
    clock,
    (key) => visits.push(key),
  );
  const look = async (...machines: (Pick<Counted, "key" | "containerId"> & Partial<Counted>)[]) => {
    const all = machines.map((one) => ({ adopted: false, reportsSessions: false, ...one }));
    await counter.look(all, own, new AbortController().signal);
    return counter.visits();
  };
  return { ...counter, look, clock, asked, peers, began: visits };
}
const web = { key: "web", containerId: "machine-1" };
const sessions = (states: Record<string, string>, more: Partial<Notify> = {}): Notify => ({
  PeerState: Object.fromEntries(
    Object.entries(states).map(([id, PeerWireGuardState]) => [id, { PeerWireGuardState }]),
  ),
  ...more,
});

test("a machine is looked at every few seconds while a device that is not ours has a session", async () => {
  const { look, hear, clock, asked, peers } = world();
  peers.set("web", []);
  hear("web", sessions({ node: "established", phone: "established" }, { SessionID: "1" }));
  await look(web);
  await look(web);
  expect(asked).toEqual(["web"]);
  await clock.advance(5_000);
  await look(web);
  expect(asked).toHaveLength(2);
  hear("web", sessions({ phone: "expired" }));
  await clock.advance(5_000);
  await look(web);
  // A session's end triggers one more look, for its last bytes.
  expect(asked).toHaveLength(3);
  await clock.advance(5_000);
  await look(web);
  expect(asked).toHaveLength(3);
});

test("one whose tailscaled tells nothing of sessions is looked at all the same", async () => {
  const { look, hear, clock, asked, peers } = world();
  peers.set("web", []);
  hear("web", { SessionID: "1" });
  await look(web);
  await clock.advance(5_000);
  await look(web);
  expect(asked).toHaveLength(2);
});

test("a machine that reports sessions costs no look until one opens, and counts its bytes from the beginning", async () => {
  const { look, hear, clock, asked, peers } = world();
  const quiet = { ...web, reportsSessions: true };
  peers.set("web", [peer("phone", { received: 1_000 })]);
  hear("web", { SessionID: "1" });
  for (let turn = 0; turn < 20; turn += 1) {
    await look(quiet);
    await clock.advance(5_000);
  }
  expect(asked).toEqual([]);
  hear("web", sessions({ phone: "established" }));
  expect((await look(quiet)).get("web")).toMatchObject({
    traffic: { received: 1_000 },
    visitors: [{ device: "phone" }],
  });
  // A bus that opened again shows no session, but the client may have ended it in between.
  hear("web", { SessionID: "2" });
  peers.set("web", [peer("phone", { received: 1_200, active: false })]);
  await clock.advance(5_000);
  expect((await look(quiet)).get("web")).toEqual({ traffic: { received: 1_200, sent: 0 }, visitors: [] });
  await clock.advance(5_000);
  await look(quiet);
  expect(asked).toHaveLength(2);
});

test("a machine that was running before this backend's start is asked once for its counts", async () => {
  const { look, clock, asked, peers } = world();
  peers.set("web", [peer("phone", { received: 1_000 })]);
  for (let turn = 0; turn < 3; turn += 1) {
    await look({ ...web, adopted: true, reportsSessions: true });
    await clock.advance(5_000);
  }
  expect(asked).toEqual(["web"]);
});

test("bytes go on from where they were when a machine's container is made anew", async () => {
  const { look, clock, peers } = world();
  peers.set("web", [peer("phone", { received: 1_000, sent: 10 })]);
  await look(web);
  await look({ ...web, containerId: null });
  await clock.advance(5_000);
  peers.set("web", [peer("phone", { received: 2_000, sent: 20 })]);
  const visits = await look({ ...web, containerId: "machine-2" });
  expect(visits.get("web")?.traffic).toEqual({ received: 3_000, sent: 30 });
});

test("traffic from before this backend's start is not counted", async () => {
  const { look, clock, peers } = world();
  const adopted = { ...web, adopted: true };
  peers.set("web", [peer("phone", { received: 1_000 })]);
  expect((await look(adopted)).get("web")).toEqual(nobody);
  await clock.advance(5_000);
  peers.set("web", [peer("phone", { received: 1_600 })]);
  expect((await look(adopted)).get("web")).toMatchObject({
    traffic: { received: 600 },
    visitors: [{ device: "phone" }],
  });
});

test("a machine that does not answer keeps its counts, and one that is no longer shared loses them", async () => {
  const { look, clock, peers } = world();
  peers.set("web", [peer("phone", { received: 1_000 })]);
  await look(web);
  await clock.advance(5_000);
  peers.delete("web");
  expect((await look(web)).get("web")).toMatchObject({ traffic: { received: 1_000 } });
  expect((await look()).has("web")).toBe(false);
  await clock.advance(5_000);
  expect((await look(web)).get("web")).toEqual(nobody);
});

test("a machine has a visitor while a device that is not ours has a session with it", async () => {
  const { look, hear, visited } = world();
  await look(web);
  expect([...visited()]).toEqual([]);
  hear("web", sessions({ node: "established" }, { SessionID: "1" }));
  expect([...visited()]).toEqual([]);
  hear("web", sessions({ phone: "established" }));
  expect([...visited()]).toEqual(["web"]);
  hear("web", sessions({ phone: "expired" }));
  expect([...visited()]).toEqual([]);
});

test("nobody visits a machine that does not run", async () => {
  const { look, peers } = world();
  peers.set("web", [peer("phone", { received: 1_000 })]);
  expect((await look(web)).get("web")?.visitors).toHaveLength(1);
  expect((await look({ ...web, containerId: null })).get("web")).toMatchObject({
    traffic: { received: 1_000 },
    visitors: [],
  });
});

test("while nobody looks at the list a machine is looked at when a session ends, and nothing of its bytes is lost", async () => {
  const { look, hear, clock, asked, peers } = world({ watched: false });
  peers.set("web", [peer("phone", { received: 1_000 })]);
  hear("web", sessions({ phone: "established", sibling: "established" }, { SessionID: "1" }));
  await look(web);
  await clock.advance(300_000);
  await look(web);
  hear("web", sessions({ sibling: "expired" }));
  await look(web);
  expect(asked).toHaveLength(1);
  peers.set("web", [peer("phone", { received: 5_000 })]);
  hear("web", sessions({ phone: "expired" }));
  expect((await look(web)).get("web")?.traffic.received).toBe(5_000);
  await clock.advance(300_000);
  await look(web);
  expect(asked).toHaveLength(2);
});

test("twenty visited machines in a tailnet of thousands take a twentieth of the time at most", async () => {
  let spent = 0;
  const clock = createFakeClock();
  const counter = createVisitCounter(
    async () => {
      await clock.sleep(1_000);
      spent += 1_000;
      return [];
    },
    () => true,
    clock,
  );
  const machines = Array.from({ length: 20 }, (_, index) => ({
    ...web,
    key: `web-${index}`,
    adopted: false,
    reportsSessions: true,
  }));
  for (const { key } of machines) counter.hear(key, sessions({ phone: "established" }, { SessionID: "1" }));
  const until = clock.monotonic() + 600_000;
  while (clock.monotonic() < until) {
    const looked = counter.look(machines, own, new AbortController().signal);
    await clock.advance(5_000);
    await looked;
  }
  // The share of all machines together.
  expect(spent / machines.length).toBeLessThanOrEqual(600_000 / 20 + 1_000);
});

test("reports a visit when a device that is not ours opens a session, and not while it stays open", async () => {
  const { look, hear, peers, began } = world({ watched: false });
  peers.set("web", []);
  await look(web);
  hear("web", sessions({ node: "established" }, { SessionID: "1" }));
  expect(began).toEqual([]);
  hear("web", sessions({ phone: "established" }));
  hear("web", sessions({ phone: "established" }));
  expect(began).toEqual(["web"]);
  hear("web", sessions({ phone: "expired" }));
  expect(began).toEqual(["web"]);
  hear("web", sessions({ phone: "established" }));
  expect(began).toEqual(["web", "web"]);
});

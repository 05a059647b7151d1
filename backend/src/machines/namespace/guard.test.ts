import { expect, test } from "vitest";
import { markIn, renderGuard, renderOpenVisits, renderSeal, withoutOwn } from "./guard.ts";

const mark = 0x0badcafe;

test("only what was marked as a client's leaves by the tailnet's interface, and the mark stays in", () => {
  const guard = renderGuard({ reachTailnet: false, mark, own: [] });
  expect(guard).toContain(`iifname "tailscale0" ct direction original ct mark set ${mark}`);
  expect(guard).toContain(`oifname "tailscale0" ct mark ${mark} meta mark set ${mark} accept`);
  const seal = renderSeal({ mark });
  expect(seal).toContain('hook egress device "tailscale0" priority filter; policy drop;');
  expect(seal).toContain(`meta mark ${mark} meta mark set 0 accept`);
});

test("lets single flows of our own out, by both ends, before anything is refused, and only where the application is held back [S037]", () => {
  const flow = `oifname "tailscale0" ip saddr . tcp sport . ip daddr . tcp dport @visits meta mark set ${mark} accept`;
  const held = renderGuard({ reachTailnet: false, mark, own: [] });
  expect(held).toContain(
    "set visits { type ipv4_addr . inet_service . ipv4_addr . inet_service; flags timeout; }",
  );
  expect(held.indexOf(flow)).toBeGreaterThan(0);
  expect(held.indexOf(flow)).toBeLessThan(held.indexOf("reject"));
  // The set is empty when the guard is put in place.
  expect(held).not.toContain("elements");
  expect(renderGuard({ reachTailnet: true, mark, own: [] })).not.toContain("visits");
  expect(renderGuard({ reachTailnet: false, mark, own: [], visits: false })).not.toContain("visits");
});

test("an application that may reach the tailnet is not held back, its neighbours are", () => {
  const guard = renderGuard({ reachTailnet: true, mark, own: [] });
  expect(guard).not.toContain("chain leaving");
  expect(guard).not.toContain(String(mark));
  expect(guard).toContain('oifname "tailscale0" drop');
});

test("the mark of a guard that stands is found in its listing", () => {
  const listing = `table inet tailnet_share_machine {
	chain arriving {
		type filter hook input priority filter; policy accept;
		iifname "tailscale0" ct direction original ct mark set 0x0badcafe
	}
}`;
  expect(markIn(listing)).toBe(mark);
  expect(markIn("")).toBeNull();
});

const eth1 = { card: "eth1", address: "100.99.0.5", subnet: "100.99.0.5/24", family: "ip" as const };

test("neighbours on a Docker network with addresses like the tailnet's are let through, on its card, before others are dropped", () => {
  const rules = renderGuard({ reachTailnet: false, mark, own: [eth1] })
    .split("\n")
    .map((line) => line.trim());
  const own = rules.indexOf('iifname "eth1" ip saddr 100.99.0.5/24 accept');
  expect(own).toBeGreaterThan(0);
  expect(rules.findIndex((line) => line.startsWith("ip saddr 100.64.0.0/10"))).toBeGreaterThan(own);
});

test("answers to what the container has asked for are let through, but not to an address of the tailnet's", () => {
  for (const reachTailnet of [true, false]) {
    const guard = renderGuard({ reachTailnet, mark, own: [] });
    expect(guard).toContain(
      "ip daddr != 100.64.0.0/10 ct state established,related ct direction reply accept",
    );
    expect(guard).toContain(
      "ip6 daddr != fd7a:115c:a1e0::/48 ct state established,related ct direction reply accept",
    );
  }
});

test("a guard that differs by the container's networks alone is the same one", () => {
  const listing = (own: (typeof eth1)[]) => withoutOwn(renderGuard({ reachTailnet: false, mark, own }));
  expect(listing([eth1])).toBe(listing([]));
  expect(listing([])).toContain('iifname "tailscale0" drop');
  expect(listing([])).toContain('iifname { "lo", "tailscale0" } accept');
});

const listed = (...elem: readonly object[]) =>
  JSON.stringify({ nftables: [{ metainfo: { json_schema_version: 1 } }, { set: { name: "visits", elem } }] });
const flow = (concat: readonly unknown[], expires = 5) => ({
  elem: { val: { concat }, timeout: 8, expires },
});
const GOOD = ["100.64.0.5", 63_123, "100.64.0.1", 8080];

test.each([
  ["a visit", listed(flow(GOOD)), 1],
  ["two visits", listed(flow(GOOD), flow(["100.64.0.5", 63_124, "100.64.0.1", 81], 1)), 2],
  ["no visit", listed(), 0],
  ["a set that has never had one", JSON.stringify({ nftables: [{ set: { name: "visits" } }] }), 0],
  ["one that is over", listed(flow(GOOD, 0)), 0],
  ["one that is over beside a visit", listed(flow(GOOD, 0), flow(GOOD)), 1],
  ["one that lasts longer than ours", listed(flow(GOOD, 9)), 0],
  ["one from another port than ours", listed(flow(["100.64.0.5", 40_000, "100.64.0.1", 8080])), 0],
  ["one without an end", listed({ elem: { val: { concat: GOOD } } }), 0],
  ["something other than a flow", listed(flow(["100.64.0.5 }; flush ruleset", 1, "100.64.0.1", 2])), 0],
  ["an error's text", "", 0],
  ["another program's text", "table inet t", 0],
])("the flows of visits in progress are read from a listing with %s", (_what, json, count) => {
  const commands = renderOpenVisits(json)
    .split("\n")
    .filter((line) => line !== "");
  expect(commands).toHaveLength(count);
  for (const command of commands)
    expect(command).toMatch(
      /^add element inet tailnet_share_machine visits \{ [\d.]+ \. \d+ \. [\d.]+ \. \d+ timeout 8s expires \ds \}$/,
    );
});

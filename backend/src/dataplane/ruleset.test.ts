import fc from "fast-check";
import { expect, test } from "vitest";
import { parseListing } from "./nft-json.ts";
import { RULES, renderClosed, renderRuleset, renderWithdrawal, TABLE } from "./ruleset.ts";

const web = { protocol: "tcp" as const, nodePort: 8080, address: "172.18.0.3", port: 80 };

test("replaces the table in one transaction", () => {
  const lines = renderRuleset([]).split("\n");
  expect(lines.slice(0, 3)).toEqual([
    "table inet tailnet_share",
    "delete table inet tailnet_share",
    "table inet tailnet_share {",
  ]);
});

test("without shares nothing is translated, and forwarding and input are closed all the same", () => {
  const rules = renderRuleset([]);
  expect(rules).not.toContain("elements");
  expect(rules).toContain("type filter hook forward priority filter; policy drop;");
  expect(rules).toContain("type filter hook input priority filter; policy drop;");
});

test("before anything is known nothing is forwarded, and nothing else is decided", () => {
  expect(renderClosed()).toContain("type filter hook forward priority filter; policy drop;");
  expect(renderClosed().match(/hook/g)).toHaveLength(1);
});

test("WireGuard's packets make no flows, and no visitor's flow is taken for WireGuard", () => {
  const rules = renderRuleset([web]);
  expect(rules).toContain('iifname != { "lo", "tailscale0" } udp dport 41641 notrack');
  expect(rules).toContain('oifname != { "lo", "tailscale0" } udp sport 41641 notrack');
  expect(rules).toMatch(/udp sport 41641 masquerade to :1024-32767\n/);
});

test("a share is one target, one allowed flow and a counter for each way, which goes on from where it was", () => {
  const rules = renderRuleset([web], new Map([["tcp_8080", { received: 12, sent: 34 }]]));
  expect(rules).toContain("elements = { 8080 : 172.18.0.3 . 80 }");
  expect(rules).toContain("elements = { 8080 . 172.18.0.3 . 80 }");
  expect(rules).toContain("counter tcp_8080_in { packets 0 bytes 12; }");
  expect(rules).toContain("counter tcp_8080_out { packets 0 bytes 34; }");
});

test("nothing but numbers and addresses ever gets into the script", () => {
  fc.assert(
    fc.property(fc.string(), fc.double(), (address, port) => {
      fc.pre(!/^(\d{1,3}\.){3}\d{1,3}$/.test(address));
      expect(() => renderRuleset([{ ...web, address }])).toThrow(RangeError);
      fc.pre(!(Number.isInteger(port) && port >= 1 && port <= 65_535));
      expect(() => renderRuleset([{ ...web, port }])).toThrow(RangeError);
    }),
  );
});

test("reads the forwards and their bytes back from a listing", () => {
  const listing = {
    nftables: [
      { metainfo: { version: "1.0.6" } },
      { table: { family: "inet", name: "tailnet_share" } },
      { counter: { name: "tcp_8080_in", packets: 1, bytes: 100 } },
      { counter: { name: "tcp_8080_out", packets: 1, bytes: 7 } },
      { map: { name: "tcp_targets", elem: [[8080, { concat: ["172.18.0.3", 80] }]] } },
      { map: { name: "tcp_marks", elem: [[8080, 8080]] } },
      { map: { name: "udp_targets" } },
    ],
  };
  expect(parseListing(JSON.stringify(listing))).toEqual([{ ...web, traffic: { received: 100, sent: 7 } }]);
});

test("its rules are counted, whatever is forwarded", () => {
  const rules = renderRuleset([web])
    .split("\n")
    .filter((line) => line.startsWith("    ") && !line.includes(" hook "));
  expect(rules).toHaveLength(RULES);
  expect(RULES).toBeGreaterThan(20);
});

test("withdraws a forward from every map and set that names it, and its counters", () => {
  const gone = { protocol: "tcp" as const, nodePort: 8081, address: "172.18.0.5", port: 80 };
  const whole = renderRuleset([gone]);
  const script = renderWithdrawal([gone]);
  const named = [...whole.matchAll(/(?:map|set) (\w+) \{[^\n]*elements = /g)].map(([, name]) => name);
  expect(named.length).toBeGreaterThan(2);
  for (const name of named) expect(script).toContain(`delete element inet ${TABLE} ${name} { 8081`);
  for (const [, name] of whole.matchAll(/^ {2}counter (\w+)/gm))
    expect(script).toContain(`delete counter inet ${TABLE} ${name}\n`);
  expect(() => renderWithdrawal([{ ...gone, address: "172.18.0.5 }; flush ruleset" }])).toThrow(RangeError);
});

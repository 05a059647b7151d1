import { expect, test } from "vitest";
import { letsOthersOpen, type PacketFilter } from "./packet-filter.ts";

const OWN = ["100.64.0.1", "fd7a:115c:a1e0::1"];
const WEB = { port: 8080, protocol: "tcp" as const };

function rule(more: Partial<PacketFilter[number]> = {}): PacketFilter[number] {
  return {
    IPProto: [6, 17, 1, 58],
    Srcs: ["100.64.0.2/32"],
    Dsts: [{ Net: "100.64.0.1/32", Ports: { First: 8000, Last: 8100 } }],
    ...more,
  };
}

test("no rule lets nobody in", () => {
  expect(letsOthersOpen([], OWN, WEB)).toBe(false);
});

test.each([
  ["this address and these ports", rule()],
  ["everything", rule({ Dsts: [{ Net: "0.0.0.0/0", Ports: { First: 0, Last: 65_535 } }] })],
  ["the tailnet's network", rule({ Dsts: [{ Net: "100.64.0.0/10", Ports: { First: 8080, Last: 8080 } }] })],
  ["the IPv6 address", rule({ Dsts: [{ Net: "fd7a:115c:a1e0::/48", Ports: { First: 8080, Last: 8080 } }] })],
  ["devices with a capability", rule({ Srcs: null, SrcCaps: ["example.com/cap/may"] })],
])("a rule for %s does", (_for, other) => {
  expect(letsOthersOpen([rule({ Dsts: null }), other], OWN, WEB)).toBe(true);
});

test.each([
  ["other ports", rule({ Dsts: [{ Net: "100.64.0.1/32", Ports: { First: 22, Last: 22 } }] })],
  ["another device", rule({ Dsts: [{ Net: "100.64.0.9/32", Ports: { First: 0, Last: 65_535 } }] })],
  ["another protocol", rule({ IPProto: [17] })],
  ["no protocol", rule({ IPProto: null })],
  ["the device itself", rule({ Srcs: ["100.64.0.1/32", "fd7a:115c:a1e0::1/128"] })],
  ["nobody", rule({ Srcs: [] })],
])("a rule for %s does not", (_for, other) => {
  expect(letsOthersOpen([other], OWN, WEB)).toBe(false);
});

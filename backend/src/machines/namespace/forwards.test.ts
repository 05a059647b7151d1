import type { Protocol } from "@tailnet-share/contract/port";
import { expect, test } from "vitest";
import type { Listener } from "../../ports/listening.ts";
import {
  type ForwardContext,
  isForwarded,
  localForwards,
  redirectsArgument,
  redirectsFrom,
  redirectsIn,
  redirectsOf,
  renderRedirects,
} from "./forwards.ts";

const ENTRANCE = "100.64.0.3";
const on = (port: number, ...addresses: string[]) => ({ port, protocol: "tcp" as Protocol, addresses });
const IPV6 = ["::1", "fd00::5", "fe80::5"];
const kernel = { entrance: ENTRANCE, tun: "kernel" as const, taken: new Set<number>(), ipv6: IPV6 };
const forwardTo = (listener: Listener, differences: Partial<ForwardContext>) =>
  localForwards(named(8000), [listener], { ...kernel, ...differences })[0]?.to ?? null;
const named = (...ports: number[]) => ports.map((port) => ({ port, protocol: "tcp" as const }));

/* The kernel also lists a dual-stack socket on `::` as 0.0.0.0. Null: no forward. */
test.each<[string, readonly string[], Record<"withIPv6" | "withoutIPv6", string | null>]>([
  ["0.0.0.0", ["0.0.0.0"], { withIPv6: null, withoutIPv6: null }],
  [":: and IPv4", ["0.0.0.0", "::"], { withIPv6: null, withoutIPv6: null }],
  ["the machine's own address", [ENTRANCE], { withIPv6: null, withoutIPv6: null }],
  ["127.0.0.1", ["127.0.0.1"], { withIPv6: "127.0.0.1:8000", withoutIPv6: "127.0.0.1:8000" }],
  ["127.0.0.2", ["127.0.0.2"], { withIPv6: "127.0.0.2:8000", withoutIPv6: "127.0.0.2:8000" }],
  ["::1", ["::1"], { withIPv6: "[::1]:8000", withoutIPv6: null }],
  ["127.0.0.1 and ::1", ["127.0.0.1", "::1"], { withIPv6: "127.0.0.1:8000", withoutIPv6: "127.0.0.1:8000" }],
  [":: without IPv4", ["::"], { withIPv6: "[::1]:8000", withoutIPv6: null }],
  [
    "127.0.0.1 and :: without IPv4",
    ["127.0.0.1", "::"],
    { withIPv6: "127.0.0.1:8000", withoutIPv6: "127.0.0.1:8000" },
  ],
  ["its own address", ["172.18.0.5"], { withIPv6: "172.18.0.5:8000", withoutIPv6: "172.18.0.5:8000" }],
  ["its own IPv6 address", ["fd00::5"], { withIPv6: "[fd00::5]:8000", withoutIPv6: null }],
  ["an IPv6 address that is gone", ["fd00::6"], { withIPv6: null, withoutIPv6: null }],
  [
    "one that is gone and its own",
    ["172.18.0.5", "fd00::6"],
    { withIPv6: "172.18.0.5:8000", withoutIPv6: "172.18.0.5:8000" },
  ],
  ["a link's own address", ["fe80::5"], { withIPv6: null, withoutIPv6: null }],
])("forwards to a program on %s where it can be reached", (_what, addresses, expected) => {
  const listener = on(8000, ...addresses);
  expect({
    withIPv6: forwardTo(listener, {}),
    withoutIPv6: forwardTo(listener, { ipv6: [] }),
  }).toEqual(expected);
  // An interface has IPv6, but the loopback interface has none.
  expect(forwardTo(listener, { ipv6: ["fd00::5", "fe80::5"] })).toBe(expected.withoutIPv6);
});

/* The tailnet has no IPv4, so clients come in over IPv6. */
test.each<[string, readonly string[], string | null]>([
  ["0.0.0.0", ["0.0.0.0"], "127.0.0.1:8000"],
  [":: and IPv4", ["0.0.0.0", "::"], null],
  [":: without IPv4", ["::"], null],
  ["127.0.0.1", ["127.0.0.1"], "127.0.0.1:8000"],
  ["::1", ["::1"], "[::1]:8000"],
])(
  "in a tailnet without IPv4, forwards to a program on %s where visitors need it",
  (_what, addresses, to) => {
    expect(forwardTo(on(8000, ...addresses), { entrance: "fd7a:115c:a1e0::3" })).toBe(to);
  },
);

test("forwards only TCP ports that the share names", () => {
  const listeners = [
    on(8000, "127.0.0.1"),
    on(9229, "127.0.0.1"),
    { ...on(53, "127.0.0.1"), protocol: "udp" as const },
  ];
  const ports = [...named(8000), { port: 53, protocol: "udp" as const }];
  expect(localForwards(ports, listeners, kernel).map(({ port }) => port)).toEqual([8000]);
  expect(localForwards(named(8000), [], kernel)).toEqual([]);
});

test("gives each forward its own port, unused in the container", () => {
  const listeners = [on(1000, "127.0.0.1"), on(2000, "127.0.0.1"), on(62_000, "0.0.0.0")];
  expect(localForwards(named(2000, 1000), listeners, kernel).map(({ port, via }) => [port, via])).toEqual([
    [1000, 62_001],
    [2000, 62_002],
  ]);
});

test("without a TUN tailscaled takes the port itself, unless it serves HTTPS there", () => {
  const userspace = { ...kernel, entrance: "127.0.0.1", tun: "userspace" as const, taken: new Set([443]) };
  const forwards = localForwards(named(443, 8000), [on(443, "::1"), on(8000, "::1")], userspace);
  expect(forwards).toEqual([{ port: 8000, via: 8000, to: "[::1]:8000" }]);
  expect(redirectsOf(forwards)).toEqual([]);
});

test("a port counts as forwarded when both the redirect and what tailscaled serves are there", () => {
  const redirects = [{ port: 8000, via: 62_000 }];
  const serve = { TCP: { "62000": { TCPForward: "127.0.0.1:8000" } } };
  const port = { port: 8000, protocol: "tcp" as const };
  expect(isForwarded(port, { redirects, serve })).toBe(true);
  expect(isForwarded(port, { redirects: [], serve })).toBe(false);
  expect(isForwarded(port, { redirects, serve: {} })).toBe(false);
  expect(isForwarded({ ...port, protocol: "udp" }, { redirects, serve })).toBe(false);
});

test("redirects are the same after being written, listed and named on a command line", () => {
  const redirects = [
    { port: 8000, via: 62_000 },
    { port: 9000, via: 62_001 },
  ];
  expect(redirectsIn(renderRedirects(redirects))).toEqual(redirects);
  expect(redirectsFrom(redirectsArgument(redirects))).toEqual(redirects);
  expect(redirectsFrom("")).toEqual([]);
  expect(renderRedirects([])).not.toContain("chain");
  expect(() => renderRedirects([{ port: Number.NaN, via: 1 }])).toThrow(RangeError);
});

import type { Protocol } from "@tailnet-share/contract/model";
import { expect, test } from "vitest";
import {
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
const kernel = { entrance: ENTRANCE, tun: "kernel" as const, taken: new Set<number>() };
const named = (...ports: number[]) => ports.map((port) => ({ port, protocol: "tcp" as const }));

test.each<[string, readonly string[], string | null]>([
  ["all addresses", ["0.0.0.0", "::"], null],
  ["the machine's own address", [ENTRANCE], null],
  ["127.0.0.1", ["127.0.0.1"], "127.0.0.1:8000"],
  ["another loopback address", ["127.0.0.2"], "127.0.0.2:8000"],
  ["::1", ["::1"], "[::1]:8000"],
  ["both of them", ["127.0.0.1", "::1"], "127.0.0.1:8000"],
  ["IPv6 alone", ["::"], "[::1]:8000"],
  ["the container's address", ["172.18.0.5"], "172.18.0.5:8000"],
  ["an IPv6 address", ["fd00::5"], "[fd00::5]:8000"],
  ["a link's own address", ["fe80::5"], null],
])("a program on %s", (_what, addresses, to) => {
  const forwards = localForwards(named(8000), [on(8000, ...addresses)], kernel);
  expect(forwards).toEqual(to === null ? [] : [{ port: 8000, via: 62_000, to }]);
});

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
  const userspace = { entrance: "127.0.0.1", tun: "userspace" as const, taken: new Set([443]) };
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

import { expect, test } from "vitest";
import { missingRoute } from "./way-out.ts";

const HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT";
const near = (device: string, network: string) =>
  `${device}\t${network}\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0`;
const out = (device: string, gateway: string, metric: number) =>
  `${device}\t00000000\t${gateway}\t0003\t0\t0\t${metric}\t00000000\t0\t0\t0`;
const table = (...lines: string[]) => [HEAD, ...lines, ""].join("\n");

const HOME = near("eth0", "0000590A");
const APP = near("eth1", "004D1EAC");
const ADDRESS = "10.89.0.2";
const wanted = { card: "eth0", gateway: "10.89.0.1" };

test("a default route of our own goes before those that Podman adds, in any order [S181]", () => {
  const home = out("eth0", "0100590A", 100);
  const app = out("eth1", "014D1EAC", 100);
  expect(missingRoute(table(home, HOME), ADDRESS)).toEqual(wanted);
  expect(missingRoute(table(app, home, HOME, APP), ADDRESS)).toEqual(wanted);
  expect(missingRoute(table(home, app, HOME, APP), ADDRESS)).toEqual(wanted);
});

test("is added once", () => {
  const own = out("eth0", "0100590A", 1);
  expect(missingRoute(table(own, out("eth1", "014D1EAC", 100), HOME, APP), ADDRESS)).toBeNull();
  expect(
    missingRoute(table(out("eth1", "014D1EAC", 1), out("eth0", "0100590A", 100), HOME, APP), ADDRESS),
  ).toEqual(wanted);
});

test("is left out where the engine's own route has no metric, as Docker's", () => {
  expect(missingRoute(table(out("eth0", "0100590A", 0), HOME, APP), ADDRESS)).toBeNull();
  expect(missingRoute(table(out("eth1", "014D1EAC", 0), HOME, APP), ADDRESS)).toBeNull();
});

test("needs an own network with a way out", () => {
  for (const lines of [
    [],
    [HOME, APP],
    [out("eth1", "014D1EAC", 100), HOME, APP],
    [out("eth0", "0100590A", 100)],
  ])
    expect(missingRoute(table(...lines), ADDRESS)).toBeNull();
  expect(missingRoute(table(out("eth0", "00000000", 100), HOME), ADDRESS)).toBeNull();
  expect(missingRoute(table(out("eth0", "0100590A", 100), HOME), "")).toBeNull();
});

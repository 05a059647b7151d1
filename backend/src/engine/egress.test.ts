import { expect, test } from "vitest";
import { attachment } from "../testing.ts";
import { defaultCardFrom, defaultRouteFrom, gatewayFrom, networkOfDefaultRoute } from "./egress.ts";

const HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT";
const HOME = "eth0\t00001EAC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0";
const APP = "eth1\t000012AC\t00000000\t0001\t0\t0\t0\t00F0FFFF\t0\t0\t0";
const through = (device: string, gateway: string, metric = 0, mask = "00000000") =>
  `${device}\t00000000\t${gateway}\t0003\t0\t0\t${metric}\t${mask}\t0\t0\t0`;
const table = (...lines: string[]) => [HEAD, ...lines, ""].join("\n");

const home = attachment("0-tailnet-share", "172.30.0.2");
const app = attachment("app", "172.18.0.9");

test("the default route is told by device and gateway", () => {
  expect(defaultRouteFrom(table(HOME, APP, through("eth1", "010012AC")))).toBe("eth1 via 010012AC");
  expect(defaultRouteFrom(table(HOME))).toBe("none");
  expect(defaultCardFrom(table(HOME, APP, through("eth1", "010012AC")))).toBe("eth1");
  expect(defaultCardFrom(table(HOME))).toBeNull();
  expect(gatewayFrom(table(HOME, APP, through("eth0", "01001EAC")))).toBe("172.30.0.1");
  expect(gatewayFrom(table(through("eth0", "FE01A8C0")))).toBe("192.168.1.254");
  for (const without of [table(HOME), table(through("eth1", "00000000"))])
    expect(gatewayFrom(without)).toBeNull();
});

test("the default route leads into the network that has its device's addresses", () => {
  const attachments = [home, app];
  expect(networkOfDefaultRoute(table(through("eth0", "01001EAC"), HOME, APP), attachments)).toBe(
    home.networkId,
  );
  expect(networkOfDefaultRoute(table(through("eth1", "010012AC"), HOME, APP), attachments)).toBe(
    app.networkId,
  );
  // A network without a gateway.
  expect(networkOfDefaultRoute(table(through("eth1", "00000000"), HOME, APP), attachments)).toBe(
    app.networkId,
  );
});

test("of several default routes, the lowest metric counts, and the first of equals", () => {
  const routes = (...metrics: number[]) =>
    defaultCardFrom(table(...metrics.map((metric, index) => through(`eth${index}`, "01001EAC", metric))));
  expect(routes(100, 1)).toBe("eth1");
  expect(routes(100, 100)).toBe("eth0");
  expect(routes(100, 0, 1)).toBe("eth1");
});

test("a route to half of all addresses is no default route", () => {
  const half = through("tun0", "01001EAC", 0, "00000080");
  expect(defaultCardFrom(table(half, through("eth0", "01001EAC")))).toBe("eth0");
  expect(defaultCardFrom(table(half))).toBeNull();
});

test("there is none where there is no default route, or where it leads elsewhere", () => {
  expect(networkOfDefaultRoute(table(HOME, APP), [home, app])).toBeNull();
  expect(networkOfDefaultRoute(table(through("eth2", "0100A8C0"), HOME, APP), [home, app])).toBeNull();
  const farther = attachment("farther", "172.18.16.9");
  expect(networkOfDefaultRoute(table(through("eth1", "010012AC"), HOME, APP), [farther])).toBeNull();
  expect(networkOfDefaultRoute(table(through("eth1", "010012AC"), APP), [attachment("none", "")])).toBeNull();
});

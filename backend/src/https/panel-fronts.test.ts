import { expect, test } from "vitest";
import { share } from "../testing.ts";
import { noHttps } from "./https.ts";
import { panelFronts, panelHosts, shareOnPanelPort } from "./panel-fronts.ts";

const PANEL = { socket: "/run/tailscale/panel.sock" };
const host = "docker.tail.test";
const seen = { ...noHttps, host, addresses: ["100.64.0.1", "fd7a:115c:a1e0::1"] };
const front = { nodePort: 4180, proxy: "unix:/run/tailscale/panel.sock" };

test("serves the panel by HTTP under the node's name and addresses where the tailnet has no certificates", () => {
  expect(panelFronts(PANEL, seen)).toEqual([
    { ...front, host, plain: true },
    { ...front, host: "100.64.0.1.tail.test", plain: true },
    { ...front, host: "[fd7a:115c:a1e0::1.tail.test]", plain: true },
  ]);
});

test("serves it by HTTPS alone where there are certificates, and not at all before there is one", () => {
  expect(panelFronts(PANEL, { ...seen, certifies: true })).toEqual([]);
  expect(panelFronts(PANEL, { ...seen, certifies: true, certificate: { host, at: 0 } })).toEqual([
    { ...front, host },
  ]);
  expect(
    panelFronts(PANEL, { ...seen, certifies: true, certificate: { host: "old.tail.test", at: 0 } }),
  ).toEqual([]);
});

test("serves nothing when it is off or the node is not connected", () => {
  expect(panelFronts(null, seen)).toEqual([]);
  expect(panelFronts(PANEL, noHttps)).toEqual([]);
});

test("knows the panel's addresses, each with its port", () => {
  expect([...panelHosts({ ...seen, host: "Docker.tail.test" })]).toEqual([
    "docker.tail.test:4180",
    "docker:4180",
    "100.64.0.1:4180",
    "[fd7a:115c:a1e0::1]:4180",
  ]);
  expect([...panelHosts(noHttps)]).toEqual([]);
});

test("finds the share that has the panel's port on the node", () => {
  const onPort = (protocol: "tcp" | "udp") =>
    share("proxy", { ports: [{ port: 4180, protocol, nodePort: 4180 }] });
  expect(shareOnPanelPort([share("web"), onPort("tcp")])?.name).toBe("proxy");
  expect(
    shareOnPanelPort([share("web"), onPort("udp"), { ...onPort("tcp"), mode: "machine" }]),
  ).toBeUndefined();
});

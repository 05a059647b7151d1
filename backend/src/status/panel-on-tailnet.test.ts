import { expect, test } from "vitest";
import { noHttps } from "../https/https.ts";
import { panelFronts } from "../https/panel-fronts.ts";
import { noFaults, stepFaults } from "../reconcile/steps/step-faults.ts";
import { connectedNode, share } from "../testing.ts";
import { panelOnTailnet } from "./panel-on-tailnet.ts";

const panel = { socket: "/run/tailscale/panel.sock" };
const host = "docker.tail.test";
const seen = { ...noHttps, host, addresses: ["100.64.0.1"] };
const served = { ...seen, fronts: panelFronts(panel, seen) };
const certified = { ...seen, certifies: true, certificate: { host, at: 0 } };
const usual = {
  unanswered: null,
  desired: { panel, shares: [] },
  https: served,
  node: connectedNode,
  failures: noFaults,
};
const noSocket = { code: "INTERNAL" as const, message: "No socket.", hint: "Restart." };
const fault = { code: "CERTIFICATE_LIMITED" as const, message: "Limited.", hint: "Wait." };

test.each([
  ["is off", { desired: { panel: null, shares: [] } }, { state: "off" }],
  ["is open by HTTP", {}, { state: "open", url: "http://docker.tail.test:4180/" }],
  [
    "is open by address where names don't resolve",
    { node: { ...connectedNode, magicDns: false } },
    { state: "open", url: "http://100.64.0.1:4180/" },
  ],
  [
    "is open by HTTPS",
    { https: { ...certified, fronts: panelFronts(panel, certified) } },
    { state: "open", url: "https://docker.tail.test:4180/" },
  ],
  ["waits for the node", { https: noHttps }, { state: "pending", fault: null }],
  [
    "waits until tailscaled serves it",
    { https: { ...served, fronts: [] } },
    { state: "pending", fault: null },
  ],
  [
    "waits for its certificate",
    { https: { ...certified, certificate: null } },
    { state: "pending", fault: { code: "HTTPS_NOT_READY" } },
  ],
  [
    "says why there is no certificate",
    {
      https: { ...certified, certificate: null },
      failures: stepFaults([{ step: { kind: "certificate", host }, fault }]),
    },
    { state: "pending", fault },
  ],
  [
    "says that nobody answers, although tailscaled serves it",
    { unanswered: noSocket },
    { state: "pending", fault: noSocket },
  ],
  [
    "is off, and nobody has to answer",
    { desired: { panel: null, shares: [] }, unanswered: noSocket },
    { state: "off" },
  ],
  [
    "says which share has its port",
    {
      desired: {
        panel,
        shares: [share("oauth2", { ports: [{ port: 4180, protocol: "tcp", nodePort: 4180 }] })],
      },
    },
    {
      state: "pending",
      fault: { code: "NODE_PORT_TAKEN", message: "Port 4180 on this node is used by oauth2." },
    },
  ],
])("%s", (_what, more, state) => {
  expect(panelOnTailnet({ ...usual, ...more })).toMatchObject(state);
});

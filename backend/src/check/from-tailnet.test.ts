import type { SharedPort } from "@tailnet-share/contract/share";
import { expect, test } from "vitest";
import type { NodeToVisit, NodeVisit } from "../machines/visiting/visitor.ts";
import { connectedNode } from "../testing.ts";
import { visitFromTailnet } from "./from-tailnet.ts";
import { createHopList } from "./report.ts";

const OWN = "100.64.0.1";
const WEB: SharedPort = { port: 8080, protocol: "tcp", nodePort: 80 };
const TLS: SharedPort = { port: 8443, protocol: "tcp", nodePort: 443, https: true };
const DNS: SharedPort = { port: 53, protocol: "udp", nodePort: 53 };

interface Scene {
  visit: NodeVisit;
  ports: readonly SharedPort[];
  mode: "kernel" | "userspace";
  otherAddresses: readonly string[] | null;
  /** The kernel's source address per destination; the node's own address unless listed. */
  sources: Readonly<Record<string, string | null>>;
  /** The same a second later. */
  later: Partial<Pick<Scene, "otherAddresses" | "sources">>;
}

async function checked(more: Partial<Scene>) {
  const scene: Scene = {
    ...{ visit: { kind: "met", by: "db", ports: [80] }, ports: [WEB], mode: "kernel" },
    ...{ otherAddresses: ["100.64.0.7", "fd7a:115c:a1e0::7", "100.64.0.8"], sources: {}, later: {} },
    ...more,
  };
  const asked: NodeToVisit[] = [];
  let now: Pick<Scene, "otherAddresses" | "sources"> = scene;
  const hops = createHopList();
  const device = {
    packetFilter: async () => await Promise.resolve([]),
    addressesOfOthers: async () =>
      now.otherAddresses === null
        ? await Promise.reject(new Error("down"))
        : await Promise.resolve(now.otherAddresses),
  };
  const visited = { node: connectedNode, ports: scene.ports, mode: scene.mode, device };
  const failed = await visitFromTailnet(visited, hops, {
    async visitNode(node) {
      asked.push(node);
      return await Promise.resolve(scene.visit);
    },
    async sourceTowards(address) {
      expect(address).not.toContain(":");
      return await Promise.resolve(address in now.sources ? (now.sources[address] ?? null) : OWN);
    },
    clock: {
      async sleep(ms) {
        expect(ms).toBe(1_000);
        now = { ...now, ...scene.later };
        await Promise.resolve();
      },
    },
  });
  const lines = (failed ?? hops.done()).map((hop) =>
    hop.outcome === "failed"
      ? `${hop.hop} ${hop.fault.code}: ${hop.fault.message}`
      : `${hop.hop} ${hop.outcome}: ${hop.detail}`,
  );
  return { asked: asked.map(({ ports }) => ports), lines };
}

const BACK = "way-back passed: through the tailnet's interface";
const UNMET: NodeVisit = { kind: "unmet", by: "db", port: 80, answer: "none" };
const NOBODY: NodeVisit = { kind: "nobody" };
const ASTRAY = { "100.64.0.8": "172.18.0.2" };
const LOST =
  "VISIT_FAILED: Answers to 100.64.0.8, a device of the tailnet, don't leave through the tailnet's interface.";

test.each<[string, Partial<Scene>, readonly string[]]>([
  ["passes with the visitor's name", {}, ["machine-visit passed: port 80 answered db"]],
  [
    "fails when the visitor gets no answer",
    { visit: UNMET },
    ["machine-visit VISIT_FAILED: db tried port 80 of this node over the tailnet and got no answer."],
  ],
  ["names a route as the reason for that", { visit: UNMET, sources: ASTRAY }, [`machine-visit ${LOST}`]],
  ["without a machine, checks the way back", { visit: NOBODY }, [BACK]],
  [
    "without a machine, finds a route that leads elsewhere",
    { visit: NOBODY, sources: ASTRAY },
    [`way-back ${LOST}`],
  ],
  [
    "without a machine, finds a missing route",
    { visit: NOBODY, sources: { "100.64.0.8": null } },
    [`way-back ${LOST}`],
  ],
  [
    "waits for the route to a device that has just come",
    { visit: NOBODY, sources: ASTRAY, later: { sources: {} } },
    [BACK],
  ],
  [
    "forgets a device that has just gone",
    { visit: NOBODY, sources: ASTRAY, later: { otherAddresses: ["100.64.0.7"] } },
    [BACK],
  ],
  [
    "forgets the devices when tailscaled no longer answers",
    { visit: NOBODY, sources: ASTRAY, later: { otherAddresses: null } },
    [BACK],
  ],
  [
    "says that the rules keep the machine away, and checks the way back",
    { visit: { kind: "not-allowed", by: "db" } },
    ["machine-visit not-tried: Your access controls don't let db connect to it.", BACK],
  ],
  [
    "says that the machine is cut off",
    { visit: { kind: "cut-off", by: "db" } },
    ["machine-visit not-tried: db can't reach this node over the tailnet right now.", BACK],
  ],
  [
    "says that the machine was unable",
    { visit: { kind: "unable", by: "db" } },
    ["machine-visit not-tried: db couldn't connect to it from its container.", BACK],
  ],
  ["says nothing in a tailnet without other devices", { visit: NOBODY, otherAddresses: [] }, []],
  ["says nothing when tailscaled doesn't answer", { visit: NOBODY, otherAddresses: null }, []],
  ["looks at no routes in userspace", { visit: NOBODY, mode: "userspace", sources: ASTRAY }, []],
])("%s", async (_what, scene, lines) => {
  expect((await checked(scene)).lines).toEqual(lines);
});

test("visits every TCP port at its port on the node, with HTTPS or without, and no UDP", async () => {
  expect((await checked({ ports: [WEB, DNS, TLS] })).asked).toEqual([[80, 443]]);
  expect(await checked({ ports: [DNS] })).toEqual({ asked: [], lines: [BACK] });
});

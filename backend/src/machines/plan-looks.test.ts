import { expect, test } from "vitest";
import { connectedNode, container } from "../testing.ts";
import { NOT_INSPECTED } from "./namespace/inspection.ts";
import {
  KEY,
  machineShare,
  named,
  observedMachines,
  options,
  running,
  settled,
  steps,
  targetIds,
} from "./plan.testing.ts";

test("serves HTTPS once it has the certificate, and asks once where it is turned on when it cannot", () => {
  const https = machineShare({ machine: { key: KEY, ...options, httpsPort: 80 } });
  const tls = { port: 80, speaks: false };
  const known = running(connectedNode, { inspection: { ...NOT_INSPECTED, tls } });
  expect(steps([https], observedMachines({ ...settled, present: [known] }))).toEqual([
    { kind: "machine-serve", ...targetIds, config: {}, redirects: [], ask: "serve" },
  ]);
  const asked = running(connectedNode, {
    inspection: { ...NOT_INSPECTED, tls, asked: "serve", featureUrl: "https://x" },
  });
  expect(steps([https], observedMachines({ ...settled, present: [asked] }))).toEqual([]);
  const able = running(connectedNode, { inspection: { ...NOT_INSPECTED, tls } });
  able.details = { ...able.details, certDomains: [connectedNode.dnsName] };
  expect(steps([https], observedMachines({ ...settled, present: [able] }))).toEqual([
    { kind: "machine-certificate", key: KEY, domain: connectedNode.dnsName },
  ]);
  able.inspection = { ...NOT_INSPECTED, tls, certificate: connectedNode.dnsName };
  expect(steps([https], observedMachines({ ...settled, present: [able] }))).toMatchObject([
    { kind: "machine-serve", ask: null, config: { TCP: { "443": { HTTPS: true } } } },
  ]);
});

test("looks into a machine as soon as its container is connected to another network, or disconnected from one", () => {
  const onTwo = container("web", { life: "one two" });
  const at = (life: string | null) => ({
    ...settled,
    present: [running(connectedNode, { inspection: { ...NOT_INSPECTED, life } })],
  });
  expect(steps([machineShare()], observedMachines(at("one")), [onTwo])).toMatchObject([
    { kind: "machine-look", life: "one two" },
  ]);
  expect(steps([machineShare()], observedMachines(at("one two")), [onTwo])).toEqual([]);
});

test("has tailscaled take a port's connections whose program listens on 127.0.0.1, and gives it back once that listens on all addresses", () => {
  const on = (address: string) => [{ port: 80, protocol: "tcp" as const, addresses: [address] }];
  const inspected = (more: Partial<typeof NOT_INSPECTED>) =>
    observedMachines({
      ...settled,
      present: [running(connectedNode, { inspection: { ...NOT_INSPECTED, ...more } })],
    });
  const redirects = [{ port: 80, via: 62_080 }];
  const serve = { TCP: { "62080": { TCPForward: "127.0.0.1:80" } } };
  const taken = { kind: "machine-serve", ...targetIds, config: serve, redirects, ask: null };
  expect(steps([machineShare()], inspected({ listening: on("127.0.0.1") }))).toEqual([taken]);
  expect(steps([machineShare()], inspected({ listening: on("127.0.0.1"), serve, redirects }))).toEqual([]);
  expect(steps([machineShare()], inspected({ listening: on("0.0.0.0"), serve, redirects }))).toEqual([
    { kind: "machine-serve", ...targetIds, config: {}, redirects: [], ask: null },
  ]);
  // A failed look changes nothing.
  expect(steps([machineShare()], inspected({ listening: null, serve, redirects }))).toEqual([]);
  // Don't retry on a kernel without such rules.
  expect(steps([machineShare()], inspected({ listening: on("127.0.0.1"), noRedirects: true }))).toEqual([]);
});

test("looks again when it is time, when the share names other ports, and when HTTPS leads to a port that was not asked yet", () => {
  const inspected = (more: Partial<typeof NOT_INSPECTED>, one = machineShare(), lookInto: string[] = []) =>
    steps(
      [one],
      observedMachines({
        ...settled,
        ...{ at: 1_000, lookInto: new Set(lookInto) },
        present: [running(connectedNode, { inspection: { ...NOT_INSPECTED, ...more } })],
      }),
    );
  const look = { kind: "machine-look", ...targetIds, life: null, reachTailnet: false, ports: named };
  expect(inspected({ lookAgainAt: 1_001, lookedFor: named })).toEqual([]);
  expect(inspected({ lookAgainAt: 1_000, lookedFor: named })).toEqual([{ ...look, askTls: null }]);
  expect(inspected({ lookedFor: [] })).toEqual([{ ...look, askTls: null }]);
  expect(inspected({}, machineShare(), [KEY])).toEqual([{ ...look, askTls: null }]);
  const https = machineShare({ machine: { key: KEY, ...options, httpsPort: 8443 } });
  expect(inspected({}, https)).toEqual([{ ...look, askTls: 8443 }]);
  expect(inspected({ tls: { port: 8443, speaks: null } }, https)).not.toContainEqual({
    ...look,
    askTls: 8443,
  });
});

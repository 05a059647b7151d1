import { expect, test } from "vitest";
import { besideFronts, frontsIn, proxyOf, sameFronts, sectionOf } from "./fronts.ts";

const target = { address: "172.18.0.4", port: 8080 };
const via = { address: "172.30.0.2", port: 8443 };
const fronts = [
  { nodePort: 8443, host: "docker.tail.test", proxy: "http://172.30.0.2:8443" },
  { nodePort: 443, host: "docker.tail.test", proxy: "https+insecure://172.30.0.2:443" },
];

test("speaks TLS to a target that does, and guesses from its port until it was probed", () => {
  const seen = (speaks: boolean) => new Map([["172.18.0.4:8080", speaks]]);
  expect(proxyOf(target, via, new Map())).toBe("http://172.30.0.2:8443");
  expect(proxyOf(target, via, seen(true))).toBe("https+insecure://172.30.0.2:8443");
  expect(proxyOf({ ...target, port: 9443 }, via, new Map())).toBe("https+insecure://172.30.0.2:8443");
  expect(proxyOf({ ...target, port: 9443 }, via, new Map([["172.18.0.4:9443", false]]))).toBe(
    "http://172.30.0.2:8443",
  );
  expect(proxyOf(target, null, seen(false))).toBe("http://172.18.0.4:8080");
});

test("the serve config that is written is read back unchanged, and is never public [S059]", () => {
  expect(frontsIn(sectionOf(fronts))?.toSorted((a, b) => b.nodePort - a.nodePort)).toEqual(fronts);
  expect(frontsIn(sectionOf([]))).toEqual([]);
  expect(JSON.stringify(sectionOf(fronts))).not.toContain("Funnel");
});

test("reads back plain HTTP and several names of one port, and never makes the panel public [S164]", () => {
  const panel = ["docker.tail.test", "100.64.0.1.tail.test", "[fd7a::1.tail.test]"].map((host) => ({
    ...{ host, nodePort: 4180, proxy: "unix:/run/tailscale/panel.sock", plain: true as const },
  }));
  const section = sectionOf([...fronts, ...panel]);
  expect(section.TCP?.["4180"]).toEqual({ HTTP: true });
  expect(section.AllowFunnel).toBeUndefined();
  const read = frontsIn(section) ?? [];
  expect(sameFronts(read, [...fronts, ...panel])).toBe(true);
  expect(sameFronts(read, [...fronts, ...panel.map(({ plain: _, ...front }) => front)])).toBe(false);
  const stored = { AllowFunnel: { "docker.tail.test:4180": true }, TCP: { "4180": { HTTPS: true } } };
  expect(besideFronts(stored, section)).toMatchObject({ AllowFunnel: {}, TCP: {} });
  expect(frontsIn({ ...section, AllowFunnel: { "docker.tail.test:4180": true } })).toBeNull();
  expect(frontsIn({ ...section, TCP: { ...section.TCP, "4180": { HTTP: true, HTTPS: true } } })).toBeNull();
});

test("a section with anything else in it is not taken for ours", () => {
  const section = sectionOf(fronts);
  for (const [what, other] of Object.entries({
    "a public port": { ...section, AllowFunnel: { "docker.tail.test:8443": true } },
    "a TCP forward": { ...section, TCP: { ...section.TCP, "22": { TCPForward: "172.18.0.4:22" } } },
    "a port without a site": { TCP: { "443": { HTTPS: true } } },
    "a site without a port": { Web: section.Web },
  }))
    expect(frontsIn(other), what).toBeNull();
});

test("keeps what somebody else has stored, except on its own ports, where it would be in the way or public", () => {
  const section = sectionOf(fronts);
  const theirs = {
    TCP: { "9000": { HTTPS: true } },
    Web: { "docker.tail.test:9000": {} },
    AllowFunnel: { "docker.tail.test:9000": true },
  };
  expect(besideFronts(theirs, section)).toBe(theirs);
  const both = {
    TCP: { ...theirs.TCP, "8443": { TCPForward: "172.18.0.9:9" } },
    Web: { ...theirs.Web, "docker.tail.test:8443": {} },
    AllowFunnel: { ...theirs.AllowFunnel, "docker.tail.test:443": true },
  };
  expect(besideFronts(both, section)).toEqual(theirs);
  expect(besideFronts(both, {})).toBe(both);
});

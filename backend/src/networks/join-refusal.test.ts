import fc from "fast-check";
import { expect, test } from "vitest";
import { networkFacts } from "../testing.ts";
import { joinRefusalOf, type WayOutRule } from "./join-refusal.ts";

const home = networkFacts("0-tailnet-share");
const before28 = { home, rule: "order" as WayOutRule };
const from29 = { home, rule: "priority" as WayOutRule };
const engine28 = { home, rule: "dual-stack" as WayOutRule };
const code = (network: Parameters<typeof joinRefusalOf>[0], surroundings = before28) =>
  joinRefusalOf(network, surroundings)?.code ?? null;

test.each([
  ["whose name sorts before the extension's own", networkFacts("0-first"), "EGRESS_MOVED"],
  ["whose name sorts after it", networkFacts("app_default"), null],
  ["with IPv6", networkFacts("app_default", { ipv6: true }), "EGRESS_MOVED"],
  ["without a way out, whatever its name", networkFacts("0-first", { internal: true }), null],
  ["without a way out, with IPv6", networkFacts("app", { internal: true, ipv6: true }), null],
  ["that leaves by the engine's own bridge", networkFacts("0-ov", { driver: "overlay" }), null],
  ["that is not known", undefined, null],
])(
  "before Engine 28, knows what joining a network does to the way out: one %s",
  (_which, network, expected) => {
    expect(code(network)).toBe(expected);
  },
);

test("refuses no network for the way out from Engine 29 on, nor where the own network is not known", () => {
  fc.assert(
    fc.property(fc.string(), fc.boolean(), fc.boolean(), (name, ipv6, internal) => {
      const network = networkFacts(name, { ipv6, internal });
      expect(code(network, from29)).toBeNull();
      expect(joinRefusalOf(network, { home: undefined, rule: "order" })).toBeNull();
    }),
  );
});

test("applies the same order when the own network has IPv6 or no default route", () => {
  const six = { ...before28, home: { ...home, ipv6: true } };
  expect(code(networkFacts("app", { ipv6: true }), six)).toBeNull();
  expect(code(networkFacts("0-a", { ipv6: true }), six)).toBe("EGRESS_MOVED");
  expect(code(networkFacts("0-a"), six)).toBeNull();
  const closed = { ...before28, home: { ...home, internal: true } };
  expect(code(networkFacts("app"), closed)).toBe("EGRESS_MOVED");
});

test("refuses a swarm's network that is not attachable, on any engine", () => {
  const overlay = networkFacts("ov", { driver: "overlay", scope: "swarm" });
  expect(code(overlay, from29)).toBe("NETWORK_NOT_JOINABLE");
  expect(code({ ...overlay, attachable: true }, from29)).toBeNull();
  expect(code({ ...overlay, attachable: true }, before28)).toBeNull();
});

test("on Engine 28, refuses a network with both protocols, which takes the way out whatever its priority", () => {
  expect(code(networkFacts("app", { ipv6: true }), engine28)).toBe("EGRESS_MOVED");
  expect(code(networkFacts("0-first"), engine28)).toBeNull();
  expect(code(networkFacts("app", { ipv6: true, internal: true }), engine28)).toBeNull();
  const dual = { ...engine28, home: { ...home, ipv6: true } };
  expect(code(networkFacts("0-first", { ipv6: true }), dual)).toBeNull();
});

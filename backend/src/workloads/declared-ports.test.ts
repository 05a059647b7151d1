import { PortRange, Protocol } from "@tailnet-share/contract/port";
import fc from "fast-check";
import { expect, test } from "vitest";
import { foldPorts, MOST_PORTS, MOST_RANGES, portKeys, publishedKeys } from "./declared-ports.ts";
import { isWithin } from "./likely-port.ts";

const tcp = (port: number) => ({ port, protocol: "tcp" as const });
const row = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => tcp(from + index));

test("folds sixteen ports in a row, and leaves fewer as they are", () => {
  expect(foldPorts(row(20_000, 20_015))).toEqual({
    ports: [],
    ranges: [{ from: 20_000, to: 20_015, protocol: "tcp" }],
  });
  expect(foldPorts(row(20_000, 20_014))).toEqual({ ports: row(20_000, 20_014), ranges: [] });
});

test("keeps a published port and the likeliest web port of a range beside it", () => {
  const range = { from: 4510, to: 4570, protocol: "tcp" };
  expect(foldPorts(row(4510, 4570))).toEqual({ ports: [tcp(4566)], ranges: [range] });
  expect(foldPorts(row(4510, 4570), [tcp(4520)])).toEqual({ ports: [tcp(4520)], ranges: [range] });
});

test("reads the keys of exposed ports, and leaves out what is no port", () => {
  const keys = {
    "80/tcp": {},
    "53/udp": {},
    "9/sctp": {},
    "8000-8010/tcp": {},
    "99999/tcp": {},
    "": {},
    "7": {},
  };
  expect(portKeys(keys)).toEqual([tcp(7), tcp(80), { port: 53, protocol: "udp" }]);
});

test("a whole range that is published singles out none of its ports", () => {
  const bindings = Object.fromEntries(row(20_000, 30_000).map(({ port }) => [`${port}/tcp`, [{}]]));
  expect(publishedKeys({ ...bindings, "80/tcp": [{}], "81/tcp": [], "82/tcp": null })).toEqual([tcp(80)]);
});

test("keeps a bounded, valid subset of any declared ports", () => {
  const port = fc.record({
    port: fc.oneof(fc.integer({ min: 1, max: 65_535 }), fc.integer({ min: 8_000, max: 8_100 })),
    protocol: fc.constantFrom(...Protocol.options),
  });
  fc.assert(
    fc.property(fc.array(port, { maxLength: 900 }), fc.array(port, { maxLength: 5 }), (all, published) => {
      const { ports, ranges } = foldPorts(all, published);
      expect(ports.length).toBeLessThanOrEqual(MOST_PORTS);
      expect(ranges.length).toBeLessThanOrEqual(MOST_RANGES);
      const declared = new Set([...all, ...published].map(({ port, protocol }) => `${port}/${protocol}`));
      for (const declaredPort of ports)
        expect(declared).toContain(`${declaredPort.port}/${declaredPort.protocol}`);
      for (const range of ranges) expect(PortRange.safeParse(range).success).toBe(true);
      if (ports.length < MOST_PORTS)
        for (const declaredPort of all)
          expect(
            ranges.some((range) => isWithin(declaredPort, range)) ||
              ports.some((p) => p.port === declaredPort.port),
          ).toBe(true);
    }),
  );
});

test("folding twice changes nothing", () => {
  const once = foldPorts([...row(3_000, 4_000), tcp(80)], [tcp(3_500)]);
  expect(foldPorts(once.ports, [tcp(3_500)], once.ranges)).toEqual(once);
});

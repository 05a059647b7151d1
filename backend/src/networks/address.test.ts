import fc from "fast-check";
import { expect, test } from "vitest";
import { chooseAddress } from "./address.ts";
import type { AddressPool } from "./facts.ts";

const number = (text: string) => text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
const text = (value: number) => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
const pool = (subnet: string, more: Partial<AddressPool> = {}): AddressPool => ({
  subnet,
  range: null,
  gateway: null,
  reserved: [],
  ...more,
});
const nobody = { asked: [], held: [], waiting: 0 };

test.each([
  ["a /24", [pool("172.31.77.0/24", { gateway: "172.31.77.1" })], "172.31.77.246"],
  ["a /16", [pool("172.20.0.0/16", { gateway: "172.20.0.1" })], "172.20.255.246"],
  ["a /29", [pool("10.0.0.8/29", { gateway: "10.0.0.9" })], "10.0.0.14"],
  ["a range", [pool("172.30.0.0/24", { range: "172.30.0.128/25" })], "172.30.0.246"],
  [
    "a small range in the middle",
    [pool("192.168.1.0/24", { range: "192.168.1.64/27", gateway: "192.168.1.1" })],
    "192.168.1.87",
  ],
  ["IPv6 first", [pool("fd00::/64"), pool("10.1.0.0/24")], "10.1.0.246"],
])("asks for an address near the far end of %s", (_what, pools, address) => {
  expect(chooseAddress(pools, nobody)).toEqual({ kind: "ask", address });
});

test.each([
  ["without a pool", []],
  ["with IPv6 only", [pool("fd00::/64")]],
  ["whose subnet cannot be read", [pool("10.0.0.0")]],
])("leaves the choice to the engine on a network %s", (_what, pools) => {
  expect(chooseAddress(pools, nobody)).toEqual({ kind: "unknown" });
});

test("does not take the last address, nor one that a stopped container needs", () => {
  // Addresses .9 to .14; the gateway has .9.
  const pools = [pool("10.0.0.8/29", { gateway: "10.0.0.9" })];
  const choice = (held: string[], waiting = 0) => chooseAddress(pools, { asked: [], held, waiting }).kind;
  expect(choice(["10.0.0.10", "10.0.0.11", "10.0.0.12"])).toBe("ask");
  expect(choice(["10.0.0.10", "10.0.0.11", "10.0.0.12", "10.0.0.13"])).toBe("full");
  expect(choice(["10.0.0.10"], 3)).toBe("ask");
  expect(choice(["10.0.0.10"], 4)).toBe("full");
  expect(chooseAddress([pool("10.0.0.0/31")], nobody).kind).toBe("full");
  expect(chooseAddress([pool("10.0.0.0/32")], nobody).kind).toBe("full");
});

/** A subnet from /16 to /29 with an optional range, gateway and reserved addresses, and neighbours, some of them outside it. */
const network = fc
  .record({ bits: fc.integer({ min: 16, max: 29 }), base: fc.integer({ min: 0, max: 2 ** 32 - 1 }) })
  .chain(({ bits, base }) => {
    const size = 2 ** (32 - bits);
    const first = base - (base % size);
    const addressInRange = fc.integer({ min: 0, max: size - 1 }).map((offset) => text(first + offset));
    const nearEnd = fc
      .integer({ min: Math.max(0, size - 40), max: size - 1 })
      .map((offset) => text(first + offset));
    const range = fc
      .record({ bits: fc.integer({ min: bits, max: 30 }), at: addressInRange })
      .map((wanted) => {
        const part = 2 ** (32 - wanted.bits);
        return `${text(number(wanted.at) - (number(wanted.at) % part))}/${wanted.bits}`;
      });
    return fc.record({
      pool: fc.record({
        subnet: fc.constant(`${text(first)}/${bits}`),
        range: fc.option(range),
        gateway: fc.option(addressInRange),
        reserved: fc.array(nearEnd, { maxLength: 3 }),
      }),
      taken: fc.array(fc.oneof(addressInRange, nearEnd, nearEnd, fc.ipV4()), { maxLength: 40 }),
      waiting: fc.integer({ min: 0, max: 5 }),
    });
  });

test("on any network, asks for a free address of the range and leaves enough, or refuses because there are too few", () => {
  fc.assert(
    fc.property(network, ({ pool, taken, waiting }) => {
      const choice = chooseAddress([pool], {
        asked: taken.slice(0, 10),
        held: taken.slice(5),
        waiting,
      });
      const limits = (cidr: string) => {
        const [address = "", bits = ""] = cidr.split("/");
        return { first: number(address), last: number(address) + 2 ** (32 - Number(bits)) - 1 };
      };
      const whole = limits(pool.subnet);
      const part = limits(pool.range ?? pool.subnet);
      const used = new Set(
        [...taken, ...pool.reserved, ...(pool.gateway === null ? [] : [pool.gateway])].map(number),
      );
      let free = 0;
      for (let value = part.first; value <= part.last; value += 1)
        if (value !== whole.first && value !== whole.last && !used.has(value)) free += 1;
      if (choice.kind !== "ask") {
        expect(choice.kind).toBe("full");
        expect(free - 1).toBeLessThan(Math.max(1, waiting));
        return;
      }
      const value = number(choice.address);
      expect(value).toBeGreaterThanOrEqual(part.first);
      expect(value).toBeLessThanOrEqual(part.last);
      expect([whole.first, whole.last]).not.toContain(value);
      expect(used).not.toContain(value);
      expect(free - 1).toBeGreaterThanOrEqual(Math.max(1, waiting));
    }),
    { numRuns: 200 },
  );
});

import { expect, test } from "vitest";
import { shapeOf } from "./nft-json.ts";

const rule = (handle: number, policy: string, more: object = {}) => ({
  nftables: [
    { metainfo: { version: "1.0.6" } },
    { chain: { name: "forwarding", handle, policy } },
    { counter: { name: "tcp_80_in", handle, packets: handle, bytes: handle } },
    {
      map: {
        name: "tcp_targets",
        handle,
        elem: [
          [80, { concat: ["172.18.0.2", 80] }],
          [81, 1],
        ],
        ...more,
      },
    },
  ],
});
const shape = (listing: object) => shapeOf(JSON.stringify(listing));

test("counters, handles and the order of a set's elements are no difference", () => {
  const turned = {
    elem: [
      [81, 1],
      [80, { concat: ["172.18.0.2", 80] }],
    ],
  };
  expect(shape(rule(1, "drop"))).toBe(shape(rule(2, "drop", turned)));
});

test("a policy, an element more and a rule less are", () => {
  const before = shape(rule(1, "drop"));
  expect(shape(rule(1, "accept"))).not.toBe(before);
  expect(
    shape(
      rule(1, "drop", {
        elem: [
          [80, { concat: ["172.18.0.9", 80] }],
          [81, 1],
        ],
      }),
    ),
  ).not.toBe(before);
  expect(shape({ nftables: rule(1, "drop").nftables.slice(0, 3) })).not.toBe(before);
});

import { expect, test } from "vitest";
import { listingFrom, rulesIn, shapeOf } from "./nft-json.ts";

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

test("only where nft says that there is no table there is none: one that cannot look says nothing of what stands", () => {
  const none =
    "Error: No such file or directory\nlist table inet tailnet_share\n                ^^^^^^^^^^^^^\n";
  expect(listingFrom({ code: 1, stdout: "", stderr: none })).toBeNull();
  expect(listingFrom({ code: 0, stdout: "{}", stderr: "" })).toBe("{}");
  const refused =
    "Operation not permitted (you must be root)\nnetlink: Error: cache initialization failed: Operation not permitted\n";
  for (const [code, stderr] of [
    [1, refused],
    [-1, ""],
  ] as const)
    expect(() => listingFrom({ code, stdout: "", stderr })).toThrow(
      expect.objectContaining({ code: "DATAPLANE_FAILED" }),
    );
});

test("a listing has as many rules as it shows", () => {
  expect(rulesIn(JSON.stringify({ nftables: [{ rule: {} }, { chain: {} }, { rule: {} }] }))).toBe(2);
});

import { expect, test } from "vitest";
import { countsOfElements, listingFrom, parseListing, rulesIn, shapeOf } from "./nft-json.ts";

/** A set element with counters, as nft 1.0.6 lists it. */
const counted = (concat: readonly [number, string, number], bytes: number) => ({
  elem: { val: { concat }, counter: { packets: bytes, bytes } },
});

const rule = (handle: number, policy: string, more: object = {}) => ({
  nftables: [
    { metainfo: { version: "1.0.6" } },
    { chain: { name: "forwarding", handle, policy } },
    {
      set: {
        name: "tcp_sent",
        handle,
        elem: [counted([80, "172.18.0.2", 80], handle), counted([81, "172.18.0.2", 1], 5 - handle)],
        stmt: [{ counter: null }],
      },
    },
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

const web = { protocol: "tcp", nodePort: 8080, address: "172.18.0.3", port: 80 };
const listing = (received: unknown, sent: unknown) =>
  JSON.stringify({
    nftables: [
      { metainfo: { version: "1.0.6" } },
      { table: { family: "inet", name: "tailnet_share" } },
      { map: { name: "tcp_targets", elem: [[8080, { concat: ["172.18.0.3", 80] }]] } },
      { map: { name: "tcp_marks", elem: [[8080, 8080]] } },
      { map: { name: "udp_targets" } },
      { set: { name: "tcp_received", elem: [received] } },
      { set: { name: "tcp_sent", elem: [sent] } },
      { set: { name: "udp_sent", elem: [counted([8080, "172.18.0.3", 80], 5)] } },
    ],
  });

test("reads the forwards and their bytes back from a listing", () => {
  const key = [8080, "172.18.0.3", 80] as const;
  expect(parseListing(listing(counted(key, 100), counted(key, 7)))).toEqual([
    { ...web, traffic: { received: 100, sent: 7 } },
  ]);
});

test("shows zero bytes where elements do not count", () => {
  const plain = { concat: [8080, "172.18.0.3", 80] };
  expect(parseListing(listing(plain, plain))).toEqual([{ ...web, traffic: { received: 0, sent: 0 } }]);
});

test("a table counts when its elements have kept the bytes that they were given", () => {
  const table = (elem: unknown) => JSON.stringify({ nftables: [{ set: { name: "counts", elem: [elem] } }] });
  const key = [80, "127.0.0.1", 80] as const;
  expect(countsOfElements(table(counted(key, 7)))).toBe(true);
  expect(countsOfElements(table(counted(key, 0)))).toBe(false);
  expect(countsOfElements(table({ concat: key }))).toBe(false);
  for (const none of ["", "{}", "not JSON"]) expect(countsOfElements(none)).toBe(false);
});

test("finds forwards with HTTPS by the backend's own address, with their byte counts", () => {
  const listing = {
    nftables: [
      { set: { name: "tcp_received", elem: [counted([8443, "172.18.0.4", 3000], 12)] } },
      { set: { name: "tcp_sent", elem: [counted([8443, "172.18.0.4", 3000], 34)] } },
      {
        map: {
          name: "https_targets",
          elem: [[{ concat: ["172.30.0.2", 8443] }, { concat: ["172.18.0.4", 3000] }]],
        },
      },
      { map: { name: "https_marks", elem: [[{ concat: ["172.30.0.2", 8443] }, 8443]] } },
    ],
  };
  expect(parseListing(JSON.stringify(listing))).toEqual([
    {
      protocol: "tcp",
      nodePort: 8443,
      address: "172.18.0.4",
      port: 3000,
      via: "172.30.0.2",
      traffic: { received: 12, sent: 34 },
    },
  ]);
});

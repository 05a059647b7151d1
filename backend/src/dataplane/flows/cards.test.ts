import { expect, test } from "vitest";
import { packetsByCard, packetsPassed } from "./cards.ts";

/* Sample output of Linux 6.1. */
const DEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:    1000      10    0    0    0     0          0         0     1000      10    0    0    0     0       0          0
  eth1:123456789     700    1    2    0     0          0         3   98765      50    0    0    0     0       0          0
br-0123456789ab:       0       0    0    0    0     0          0         0        0       4    0    0    0     0       0          0
nonsense
`;

test("counts the packets of each card in both directions", () => {
  expect([...packetsByCard(DEV)]).toEqual([
    ["lo", 20],
    ["eth1", 750],
    ["br-0123456789ab", 4],
  ]);
  expect([...packetsByCard("")]).toEqual([]);
});

test("knows nothing of an address that no card has", () => {
  expect(packetsPassed("127.0.0.1")).toEqual(expect.any(Number));
  expect(packetsPassed("192.0.2.77")).toBeNull();
});

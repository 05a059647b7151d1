import { expect, test } from "vitest";
import { cardFor, keepingTalks, openTalks, type TalkEnd } from "./talks.ts";

const { signal } = new AbortController();
const LAN_STEP = { networkId: "lan", networkName: "lan" };

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
   1: 02001EAC:A1B2 016433C6:1F90 01 00000000:00000000 00:00000000 00000000     0        0 2 1
   2: 02001EAC:A1B4 016433C6:1F90 01 00000000:00000000 00:00000000 00000000     0        0 3 1
   3: 0100007F:A1B6 0100007F:0050 01 00000000:00000000 00:00000000 00000000     0        0 4 1
   4: 02001EAC:A1B8 08080808:01BB 06 00000000:00000000 00:00000000 00000000     0        0 5 1
`;
const HOME = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t01001EAC\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t00001EAC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
`;
const LAN = `${HOME}eth1\t006433C6\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n`;

test("reads the far ends of established connections, each once, without this machine's own", () => {
  expect(openTalks(TCP)).toEqual([{ address: "198.51.100.1", port: 8080 }]);
  expect(openTalks("")).toEqual([]);
});

test("finds the card of the narrowest route to an address", () => {
  expect(cardFor(HOME, "198.51.100.1")).toBe("eth0");
  expect(cardFor(LAN, "198.51.100.1")).toBe("eth1");
  expect(cardFor(LAN, "198.51.101.1")).toBe("eth0");
  expect(cardFor(LAN, "172.30.7.7")).toBe("eth0");
  expect(cardFor("", "172.30.7.7")).toBeNull();
});

test.each<[string, { after: string; answers: boolean; lost: boolean }]>([
  [
    "stays joined when the way to the control server is the same",
    { after: HOME, answers: false, lost: false },
  ],
  ["stays joined when it answers on the other way", { after: LAN, answers: true, lost: false }],
  ["leaves again when it answers no more on the other way", { after: LAN, answers: false, lost: true }],
])("%s", async (_what, { after, answers, lost }) => {
  let table = HOME;
  const calls: string[] = [];
  const talks = {
    open: async () => await Promise.resolve(openTalks(TCP)),
    cardTo: async (address: string) => await Promise.resolve(cardFor(table, address)),
    answers: async (_end: TalkEnd) => await Promise.resolve(answers),
  };
  const join = async () => {
    calls.push("join");
    table = after;
    await Promise.resolve();
  };
  const leave = async (id: string) => void calls.push(await Promise.resolve(`leave ${id}`));
  const joined = keepingTalks(talks, join, leave)(LAN_STEP, signal, "self");
  if (lost) await expect(joined).rejects.toMatchObject({ code: "NETWORK_OVERLAPS" });
  else await joined;
  expect(calls).toEqual(lost ? ["join", "leave lan"] : ["join"]);
});

test("joins where the connections cannot be read", async () => {
  const unreadable = async () => await Promise.reject(new Error("no"));
  let joined = false;
  const join = async () => {
    joined = await Promise.resolve(true);
  };
  const talks = { open: unreadable, cardTo: unreadable, answers: unreadable };
  await keepingTalks(talks, join, unreadable)(LAN_STEP, signal, "self");
  expect(joined).toBe(true);
});

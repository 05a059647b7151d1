import pino from "pino";
import { expect, test } from "vitest";
import { createFakeClock } from "../../../testing.ts";
import { PING_TIMEOUT_MS } from "../../localapi/peer-calls.ts";
import type { Peer } from "../../localapi/peers.ts";
import { Notify, Status } from "../../localapi/types.ts";
import { createPathOpener } from "./open-paths.ts";

const HEAD_START_MS = 200;
const NEVER = Number.POSITIVE_INFINITY;

function peer(id: string, more: Partial<Peer> = {}): Peer {
  const address = `100.64.0.${id}`;
  return {
    ...{ id, name: `device-${id}`, addresses: [address, `fd7a::${id}`], user: "tester" },
    ...{ online: true, mute: false, active: false, path: null, received: 0, sent: 0 },
    ...more,
  };
}

/** Devices that answer a kind of ping from the nth one on. `unsent`: tailscaled reports at once that it can't send the earlier ones. */
function world({
  disco = 1,
  TSMP = 1,
  unsent = false,
  peers = [peer("1")],
}: {
  disco?: number;
  TSMP?: number;
  unsent?: boolean;
  peers?: Peer[];
} = {}) {
  const clock = createFakeClock();
  const began = clock.now();
  const answersFrom = { disco, TSMP };
  let failing = false;
  let asked = 0;
  const sent: { type: string; to: string; at: number }[] = [];
  const opener = createPathOpener(
    {
      peers: async () => {
        asked += 1;
        return failing ? await Promise.reject(new Error("nobody there")) : peers;
      },
      async ping(to, type) {
        sent.push({ type, to, at: clock.now() - began });
        if (sent.filter((ping) => ping.type === type).length >= answersFrom[type]) return 1;
        if (!unsent) await clock.sleep(PING_TIMEOUT_MS);
        return null;
      },
    },
    clock,
    pino({ level: "silent" }),
  );
  return {
    clock,
    asked: () => asked,
    fails: (does: boolean) => {
      failing = does;
    },
    /** Pings sent since the last call. */
    sent: () => sent.splice(0).map(({ type, to, at }) => `${at} ${type} ${to}`),
    runs: (key: string, state = "Running") =>
      opener.sees(
        Status.parse({
          Version: "1",
          BackendState: state,
          Self: { PublicKey: key, HostName: "", DNSName: "" },
        }),
      ),
    answered: async (ms: number) => await opener.answered(ms),
    session: (id: string, state: string) =>
      opener.hears(Notify.parse({ PeerState: { [id]: { PeerWireGuardState: state } } })),
  };
}

test("a device that answers is greeted once in either way when the node comes up, with time to begin by itself, and no more while that stays so", async () => {
  const { clock, sent, runs } = world();
  runs("key", "Starting");
  await clock.advance(1_000);
  expect(sent()).toEqual([]);
  runs("key");
  runs("key");
  await clock.advance(1_000);
  expect(sent()).toEqual(["1000 disco 100.64.0.1", "1200 TSMP 100.64.0.1"]);
});

test("devices that are offline or answer no pings are left alone", async () => {
  const { clock, sent, runs } = world({ peers: [peer("1", { online: false }), peer("2", { mute: true })] });
  runs("key");
  await clock.advance(5_000);
  expect(sent()).toEqual([]);
});

test("the handshake waits a while for a device that does not know the node yet", async () => {
  const { clock, sent, runs } = world({ disco: 3 });
  runs("key");
  await clock.advance(5_000);
  expect(sent().slice(-2)).toEqual(["800 disco 100.64.0.1", "1000 TSMP 100.64.0.1"]);
});

test("a device that was told the node's key and not how to find it gets the handshake all the same, well before it would try again", async () => {
  const { clock, sent, runs } = world({ disco: NEVER });
  runs("key");
  await clock.advance(5_000);
  expect(sent().slice(3)).toEqual(["1200 TSMP 100.64.0.1"]);
});

test("pings that cannot be sent yet are not used up in a moment", async () => {
  const { clock, sent, runs } = world({ disco: 3, TSMP: 2, unsent: true });
  runs("key");
  await clock.advance(5_000);
  expect(sent().map((ping) => ping.split(" ")[0])).toEqual(["0", "400", "800", "1000", "1400"]);
});

test("a device that never answers is given up", async () => {
  const { clock, sent, runs } = world({ disco: NEVER, TSMP: NEVER });
  runs("key");
  await clock.advance(60_000);
  expect(sent()).toHaveLength(13);
});

test("a new key is greeted with when it is shown, and again with each device whose session goes when it is used at last", async () => {
  const { clock, sent, runs, session } = world({ peers: [peer("1"), peer("2"), peer("3")] });
  runs("old");
  await clock.advance(100_000);
  expect(sent()).toHaveLength(6);
  runs("new");
  await clock.advance(900);
  expect(sent()).toHaveLength(6);
  session("1", "expired");
  session("3", "none");
  session("2", "established");
  await clock.advance(1_000);
  expect(sent().sort()).toEqual([
    "100920 disco 100.64.0.1",
    "100920 disco 100.64.0.3",
    "101120 TSMP 100.64.0.1",
    "101120 TSMP 100.64.0.3",
  ]);
});

test("a greeting that is under way when the key is used begins again, so that the device has its head start", async () => {
  const { clock, sent, runs, session } = world();
  runs("old");
  await clock.advance(100_000);
  sent();
  runs("new");
  await clock.advance(100);
  session("1", "expired");
  await clock.advance(5_000);
  expect(sent()).toEqual(["100000 disco 100.64.0.1", "100120 disco 100.64.0.1", "100320 TSMP 100.64.0.1"]);
});

test("a node that comes up again greets again, although its key is the same", async () => {
  const { clock, sent, runs } = world();
  runs("key");
  await clock.advance(5_000);
  sent();
  runs("key", "Starting");
  runs("key");
  await clock.advance(5_000);
  expect(sent()).toEqual(["5000 disco 100.64.0.1", "5200 TSMP 100.64.0.1"]);
});

test("more devices than one wave has are greeted a few at once, those that packets went to of late first", async () => {
  const peers = Array.from({ length: 40 }, (_, index) => peer(String(index), { active: index === 39 }));
  const { clock, sent, runs } = world({ peers, disco: NEVER, TSMP: NEVER });
  runs("key");
  await clock.advance(0);
  const first = sent();
  expect(first[0]).toBe("0 disco 100.64.0.39");
  expect(first).toHaveLength(8);
  await clock.advance(60_000);
  expect(new Set([...first, ...sent()].map((ping) => ping.split(" ")[2])).size).toBe(32);
});

test("a tailscaled that does not answer is left alone until the next time", async () => {
  const { clock, sent, runs, fails } = world();
  fails(true);
  runs("key");
  await clock.advance(5_000);
  expect(sent()).toEqual([]);
  fails(false);
  runs("another");
  await clock.advance(5_000);
  expect(sent()).toHaveLength(2);
});

test("a session that goes before the node was ever up means nothing", async () => {
  const { clock, sent, session } = world();
  session("1", "expired");
  await clock.advance(5_000);
  expect(sent()).toEqual([]);
});

test("a session that ends because nobody visits any more stays so", async () => {
  const { clock, sent, runs, session } = world();
  runs("key");
  await clock.advance(180_000);
  sent();
  session("1", "expired");
  await clock.advance(5_000);
  expect(sent()).toEqual([]);
});

test.each([
  ["that answer", 1, 64],
  ["that never answer", NEVER, 160],
])(
  "a start among 5,000 devices %s lists them once and sends a bounded number of pings",
  async (_what, from, most) => {
    const peers = Array.from({ length: 5_000 }, (_, index) => peer(String(index)));
    const { clock, asked, sent, runs, session } = world({ peers, disco: from, TSMP: from });
    runs("key");
    // The first line of the bus.
    for (let id = 0; id < 50; id += 1) session(String(id), "expired");
    await clock.advance(600_000);
    expect(asked()).toBe(1);
    expect(sent().length).toBeLessThanOrEqual(most);
  },
);

test.each([
  ["one that answers at once", { disco: 1 }, HEAD_START_MS],
  ["one that answers the third ping", { disco: 3 }, 2 * PING_TIMEOUT_MS + HEAD_START_MS],
  ["nobody who is online", { peers: [peer("1", { online: false })] }, 0],
  ["nobody at all", { peers: [] }, 0],
  ["one of two", { peers: [peer("1"), peer("2")], disco: 2 }, HEAD_START_MS],
  ["one that never answers, which is waited for no longer", { disco: NEVER, TSMP: NEVER }, 2_000],
])("waits for the first answer of %s", async (_what, options, ms) => {
  const { clock, runs, answered } = world(options);
  runs("key");
  let isOver = false;
  const waiting = answered(2_000).then(() => {
    isOver = true;
  });
  await clock.advance(Math.max(0, ms - 1));
  expect(isOver).toBe(ms === 0);
  await clock.advance(1);
  await waiting;
});

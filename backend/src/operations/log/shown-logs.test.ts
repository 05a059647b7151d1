import { expect, test } from "vitest";
import { createFakeClock } from "../../testing.ts";
import { createShownLogs } from "./shown-logs.ts";

const LINES = [
  "magicsock: disco: node [BuSFQ] d:0011223344556677 now using 172.30.0.3:41641",
  "netmap: self: docker.tail.test. peer phone.tail.test. user anna@example.com",
  "peerapi: phone-2 asked, Phone answered, smartphone and phones did not",
  "control: RegisterReq: nodekey:0badc0de0badc0de AuthURL=https://login.tailscale.com/a/abcdef",
  "oauth client with odd.secret+1 refused",
];

function open(deviceNames: () => Promise<string[]>) {
  const clock = createFakeClock();
  const logs = createShownLogs({
    backendLines: () => ["2026-01-02T10:11:12.000Z INFO  engine.changed: words version=20.10.24+dfsg1"],
    tailscaledLines: () => LINES,
    secrets: () => ["odd.secret+1"],
    deviceNames,
    ownName: () => "docker",
    clock,
  });
  return { clock, ...logs };
}

test("takes out other devices' names, addresses, keys and users, and leaves the node's own name [S105]", async () => {
  const { tailscaled, backend } = await open(async () => ["docker", "phone", "phone-2"]).logs();
  expect(tailscaled).toEqual([
    "magicsock: disco: node […] d:… now using <address>:41641",
    "netmap: self: docker.tail.test. peer <device> user <user>",
    "peerapi: <device> asked, <device> answered, smartphone and phones did not",
    "control: RegisterReq: nodekey:… AuthURL=<log-in link>",
    "oauth client with … refused",
  ]);
  expect(backend).toEqual(["2026-01-02T10:11:12.000Z INFO  engine.changed: words version=20.10.24+dfsg1"]);
});

test("a tailscaled that hangs holds nobody up, and names that were heard before are still taken out", async () => {
  let answer = async () => await Promise.resolve(["phone"]);
  const { logs, clock } = open(async () => await answer());
  await logs();
  answer = async () => await new Promise(() => undefined);
  const late = logs();
  await clock.advance(1_000);
  expect((await late).tailscaled[1]).toContain("peer <device> user");
});

test("asks for the devices once, however many texts are shown", async () => {
  let asked = 0;
  const { veil } = open(async () => {
    asked += 1;
    return await Promise.resolve(["phone"]);
  });
  const { lines, faults, logs } = await veil();
  expect(lines(["phone"])).toEqual(["<device>"]);
  expect(faults({ code: "X", message: "phone", hint: "" })).toMatchObject({ message: "<device>" });
  expect(logs().tailscaled[1]).toContain("peer <device> user");
  expect(asked).toBe(1);
});

test("remembers devices that left, up to a bound", async () => {
  let names = ["first", ...Array.from({ length: 100 }, (_, index) => `device-${index}`)];
  const { veil } = open(async () => await Promise.resolve(names));
  await veil();
  names = Array.from({ length: 100 }, (_, index) => `other-${index}`);
  expect((await veil()).lines(["first other-9"])).toEqual(["<device> <device>"]);
  names = Array.from({ length: 25_000 }, (_, index) => `many-${index}`);
  expect((await veil()).lines(["first many-24999"])).toEqual(["first <device>"]);
});

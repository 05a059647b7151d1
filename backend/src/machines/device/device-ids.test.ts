import { AppError } from "@tailnet-share/contract/errors";
import { expect, test } from "vitest";
import { down } from "../../tailscale/localapi/transport.ts";
import { Status } from "../../tailscale/localapi/types.ts";
import { createFakeClock } from "../../testing.ts";
import { createDeviceIds } from "./device-ids.ts";
import type { MachineIdentity } from "./identity.ts";

const KEY = "00000000000000aa";
const OTHER = "00000000000000bb";
const noted = (deviceId: string): MachineIdentity => ({
  ...{ version: 1, workload: "name:web", deviceId, home: "control tail" },
});
const answers = (ID?: string) => async () =>
  await Promise.resolve(
    Status.parse({
      ...{ Version: "1.102.3", BackendState: ID === undefined ? "NeedsLogin" : "Running" },
      Self: ID === undefined ? null : { ID, HostName: "web", DNSName: "web.tail.test." },
    }),
  );
const fails = (error: Error) => async () => await Promise.reject(error);
const system = (code: string) => Object.assign(new Error(code), { code });
/** Ends at its signal only. */
const hangs = async (signal?: AbortSignal): Promise<Status> =>
  await new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(down(signal.reason)));
  });

type Ask = (signal?: AbortSignal) => Promise<Status>;

function setUp({
  identities = new Map<string, MachineIdentity | null>([[KEY, null]]),
  present = [] as [key: string, deviceId: string | null][],
  asks = {} as Record<string, Ask>,
} = {}) {
  const clock = createFakeClock();
  const deviceIds = createDeviceIds({
    directories: { identities: async () => await Promise.resolve(identities) },
    present: () => present.map(([key, deviceId]) => ({ key, details: { deviceId } })),
    localApi: (key) => ({ status: asks[key] ?? answers() }),
    clock,
  });
  return { deviceIds, clock };
}

test.each<[string, Parameters<typeof setUp>[0], string[]]>([
  [
    "that joined this moment, before its note and before the loop saw it",
    { asks: { [KEY]: answers("m1") } },
    ["m1"],
  ],
  ["that is not logged in", { asks: { [KEY]: answers() } }, []],
  [
    "that became another device since its note",
    { identities: new Map([[KEY, noted("old")]]), asks: { [KEY]: answers("new") } },
    ["old", "new"],
  ],
  [
    "that the loop observes, although its directory is gone",
    { identities: new Map(), present: [[OTHER, "m2"]], asks: { [OTHER]: answers("m2") } },
    ["m2"],
  ],
  ["that has never run", { asks: { [KEY]: fails(down(system("ENOENT"))) } }, []],
  [
    "that has stopped",
    { identities: new Map([[KEY, noted("m1")]]), asks: { [KEY]: fails(down(system("ECONNREFUSED"))) } },
    ["m1"],
  ],
  [
    "that does not answer and has a note",
    { identities: new Map([[KEY, noted("m1")]]), asks: { [KEY]: fails(down(system("ECONNRESET"))) } },
    ["m1"],
  ],
  [
    "that does not answer and was observed",
    { present: [[KEY, "m1"]], asks: { [KEY]: fails(down(system("ECONNRESET"))) } },
    ["m1"],
  ],
])("knows the device of a machine %s [S198]", async (_what, machines, ids) => {
  expect(await setUp(machines).deviceIds()).toEqual(new Set(ids));
});

test.each<[string, Ask]>([
  ["breaks the connection", fails(down(system("ECONNRESET")))],
  ["has something else in its socket's place", fails(down(system("ENOTSOCK")))],
  ["refuses", fails(new AppError("TAILSCALED_REFUSED", "tailscaled refused: no"))],
  ["answers something that can't be read", fails(new SyntaxError("no JSON"))],
])("is unknown while a machine of which nothing is known %s [S199]", async (_what, ask) => {
  const { deviceIds } = setUp({
    identities: new Map([
      [OTHER, noted("m2")],
      [KEY, null],
    ]),
    asks: { [KEY]: ask, [OTHER]: answers("m2") },
  });
  await expect(deviceIds()).rejects.toMatchObject({ code: "TAILSCALED_DOWN" });
});

test("is unknown after two seconds without an answer", async () => {
  const { deviceIds, clock } = setUp({ present: [[KEY, null]], asks: { [KEY]: hangs } });
  const asked = expect(deviceIds()).rejects.toMatchObject({ code: "TAILSCALED_DOWN" });
  await clock.advance(2_000);
  await asked;
});

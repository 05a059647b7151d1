import { pino } from "pino";
import { createFakeClock } from "../../testing.ts";
import type { LocalApi } from "../localapi/localapi.ts";
import type { Peer } from "../localapi/peers.ts";
import { LoginProfile, Prefs, Status } from "../localapi/types.ts";
import type { LoginRequest } from "./log-in.ts";
import { createTailnetNode } from "./node.ts";

/** A login by link to Tailscale's own server. */
export const request: LoginRequest = {
  controlUrl: "",
  hostname: "docker",
  fresh: false,
  anotherAccount: false,
};

/** A node on a tailscaled that records its calls. `current` is the ID of its profile, empty before a login. */
export function openNode(current = "") {
  const calls: string[] = [];
  let profile = current;
  let state = current === "" ? "NeedsLogin" : "Running";
  let peers: Peer[] = [];
  let looks = 0;
  let more: object = {};
  const note =
    (name: string) =>
    async (...args: unknown[]) => {
      calls.push(
        [name, ...args.filter((arg) => arg !== undefined).map((arg) => JSON.stringify(arg))].join(" "),
      );
      await Promise.resolve();
    };
  const localApi: LocalApi = {
    status: async () =>
      await Promise.resolve(
        Status.parse({
          Version: "1",
          BackendState: state,
          Self: { HostName: "docker", DNSName: "", PublicKey: "nodekey:1", Online: true, ...more },
        }),
      ),
    async peers() {
      looks += 1;
      return await Promise.resolve(peers);
    },
    prefs: async () =>
      await Promise.resolve(Prefs.parse({ ControlURL: "", Hostname: "", CorpDNS: false, WantRunning: true })),
    profiles: async () => {
      const now = LoginProfile.parse({ ID: profile });
      const all = [now, LoginProfile.parse({ ID: "other" })].filter(({ ID }) => ID !== "");
      return await Promise.resolve({ all, current: now });
    },
    devices: async () => await Promise.resolve([]),
    queryFeature: async () => await Promise.reject(new Error("not used")),
    keysToSign: async () => await Promise.resolve([]),
    certificate: async () => await Promise.reject(new Error("not used")),
    ping: async () => await Promise.resolve(1),
    packetFilter: async () => await Promise.resolve(null),
    dial: async () => await Promise.resolve(null),
    whois: async () => await Promise.resolve(null),
    serveConfig: async () => await Promise.resolve({ config: {}, etag: "" }),
    setServeConfig: note("setServeConfig"),
    close: () => undefined,
    patchPrefs: note("patchPrefs"),
    start: note("start"),
    loginInteractive: note("loginInteractive"),
    logout: note("logout"),
    async newProfile() {
      profile = "";
      state = "NeedsLogin";
      await note("newProfile")();
    },
    async switchProfile(id) {
      profile = id;
      state = "Running";
      await note("switchProfile")(id);
    },
    watchBus: () => {
      throw new Error("not used");
    },
  };
  const clock = createFakeClock();
  const node = createTailnetNode({
    localApi,
    probeControl: async () => {},
    clock,
    log: pino({ level: "silent" }),
  });
  node.handle({ kind: "daemon-running" });
  const sees = (now: Peer[]) => {
    peers = now;
  };
  const self = (now: object) => {
    more = now;
  };
  return {
    ...{ node, calls, clock, sees, self },
    names: () => calls.map((call) => call.split(" ")[0]),
    /** How often the node read the list of other devices. */
    looks: () => looks,
  };
}

/** A node that is connected and has observed its tailscaled once. */
export async function connectedNode() {
  const opened = openNode("first");
  await opened.node.refresh();
  return opened;
}

import { AppError } from "@tailnet-share/contract/errors";
import type { NodeState } from "@tailnet-share/contract/node";
import { encoded, identityIn, readStateFile } from "../machines/device/state-file.ts";
import { SHARES_VERSION, type SharesFile } from "../shares/stored-share.ts";
import { connectedNode, createFakeClock, settingsFile, share } from "../testing.ts";
import { type BackupsDependencies, createBackups } from "./backups.ts";
import type { Identities } from "./identities.ts";

/* Fixtures for the tests of backups. */

export const PASSPHRASE = "correct horse battery";
const settings = settingsFile({ controlUrl: "https://control.example", installation: "old" });
/** A tailscaled's state; tests tell states apart by host name. */
const stateOf = (NodeID: string, hostname: string) =>
  JSON.stringify({
    _machinekey: encoded("privkey:aa"),
    "_current-profile": Buffer.from("profile-ab12").toString("base64"),
    _profiles: encoded({ ab12: { Key: "profile-ab12", NodeID } }),
    "profile-ab12": encoded({ Config: { NodeID }, Hostname: hostname }),
  });
const hostnameIn = (text: string) => identityIn(readStateFile(text)?.["profile-ab12"])?.Hostname;
const HOME = `${settings.controlUrl} ${connectedNode.tailnet}`;
export const MACHINE = {
  key: "00000000000000aa",
  workload: "name:web",
  deviceId: "m1",
  home: HOME,
  state: stateOf("m1", "m-key"),
};

type Peer = Awaited<ReturnType<BackupsDependencies["localApi"]["peers"]>>[number];

/** An installation that records its calls in order. */
export function installation({
  deviceId = "n-new" as string | null,
  state = connectedNode as NodeState,
  peers = [] as Peer[],
  machines = [] as Identities["machines"],
  /** Control servers of the setting and of the node's account. */
  controlUrls = [settings.controlUrl, settings.controlUrl] as [string, string],
  /** The write that fails because the disk is full. */
  full = null as "node" | "machine" | null,
  /** Whether the panel is open to the tailnet, here and in the backup that is made here. */
  panelOnTailnet = false,
  /** Which write of the settings fails, from 1 on. */
  settingsFailAt = 0,
  stored = { shares: [share("web")], retiring: [] } as Omit<SharesFile, "version">,
} = {}) {
  const done: string[] = [];
  let updates = 0;
  const dependencies: BackupsDependencies = {
    sharesStore: { get: () => ({ version: SHARES_VERSION, ...stored }) },
    shares: {
      replaceAll: async (shares) => void (await note(`shares ${shares.map(({ name }) => name).join()}`)),
    },
    settings: {
      get: () => ({ ...settings, controlUrl: controlUrls[0], installation: "here", panelOnTailnet }),
      update: async (next) => {
        updates += 1;
        if (updates === settingsFailAt) throw new AppError("STORE_UNWRITABLE", "no space");
        const after = next({ ...settings, installation: "here", panelOnTailnet });
        await note(`settings of ${after.installation}${after.panelOnTailnet ? ", open to the tailnet" : ""}`);
        return after;
      },
    },
    identities: {
      read: async (node, keys) => {
        done.push(`read ${[...keys].join()}`);
        return await Promise.resolve({
          node: node && { ...node, state: stateOf("n-old", "n-key") },
          machines: [...machines],
        });
      },
      stageNode: async (node) => {
        if (full === "node") throw new AppError("STORE_UNWRITABLE", "no space");
        await note("staged");
        return {
          commit: async () => void (await note(`node ${node.deviceId} ${hostnameIn(node.state)}`)),
          discard: async () => void (await note("discarded")),
        };
      },
      writeMachine: async ({ key, state: text }) => {
        if (full === "machine") throw new AppError("STORE_UNWRITABLE", "no space");
        await note(`machine ${key} ${hostnameIn(text)}`);
      },
    },
    node: {
      state: () => state,
      accounts: () => [
        { id: "a", user: "", tailnet: connectedNode.tailnet, controlUrl: controlUrls[1], current: true },
      ],
      details: () => ({ deviceId }) as ReturnType<BackupsDependencies["node"]["details"]>,
      logout: async () => void (await note("logout")),
    },
    localApi: {
      peers: async () => await Promise.resolve(peers),
    },
    daemon: {
      whileStopped: async (work) => {
        done.push("stopped");
        await work();
        done.push("started");
      },
    },
    clock: createFakeClock(),
  };
  const note = async (what: string) => await Promise.resolve(done.push(what));
  return { done, backups: createBackups(dependencies) };
}

const device = (id: string, name: string): Peer => ({
  ...{
    id,
    name,
    addresses: [],
    user: "",
    online: false,
    mute: false,
    active: false,
    path: null,
    received: 0,
    sent: 0,
  },
});
export const old = device("n-old", "docker");
export const machineAway = device("m1", "web");
let once: ReturnType<ReturnType<typeof createBackups>["make"]> | null = null;
/** Shared by all tests, because sealing is slow on purpose. */
export const made = async () => {
  once ??= installation({ deviceId: "n-old", machines: [MACHINE] }).backups.make({ passphrase: PASSPHRASE });
  return await once;
};

import { AppError } from "@tailnet-share/contract/errors";
import type { NodeState } from "@tailnet-share/contract/node";
import { expect, test, vi } from "vitest";
import { encoded, identityIn, readStateFile } from "../machines/device/state-file.ts";
import type { SettingsFile } from "../settings/settings-file.ts";
import { SHARES_VERSION, type SharesFile } from "../shares/stored-share.ts";
import { connectedNode, createFakeClock, share } from "../testing.ts";
import { type Backups, type BackupsDependencies, createBackups } from "./backups.ts";
import type { Identities } from "./identities.ts";

/** Sealing is slow on purpose, and slower on a busy host. Milliseconds. */
vi.setConfig({ testTimeout: 30_000 });

const PASSPHRASE = "correct horse battery";
const settings: SettingsFile = {
  version: 6,
  controlUrl: "https://control.example",
  hostname: "docker",
  oneClick: "auto",
  machineTailscale: "",
  machineNames: "service",
  updateNotices: "all",
  authorities: "",
  panelOnTailnet: false,
  installation: "old",
  hostnameAccount: "",
};
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
const MACHINE = {
  key: "00000000000000aa",
  workload: "name:web",
  deviceId: "m1",
  home: HOME,
  state: stateOf("m1", "m-key"),
};

type Peer = Awaited<ReturnType<BackupsDependencies["localApi"]["peers"]>>[number];

/** An installation that records its calls in order. */
function installation({
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
const old = device("n-old", "docker");
const machineAway = device("m1", "web");
let once: ReturnType<ReturnType<typeof createBackups>["make"]> | null = null;
/** Shared by all tests, because sealing is slow on purpose. */
const made = async () => {
  once ??= installation({ deviceId: "n-old", machines: [MACHINE] }).backups.make({ passphrase: PASSPHRASE });
  return await once;
};

test("a backup without a passphrase holds no identity", async () => {
  const backup = await installation({ machines: [MACHINE] }).backups.make({});
  expect(backup.identities).toBeNull();
  expect(JSON.stringify(backup)).not.toContain("m-key");
});

test("a backup leaves out a machine that is being removed from its tailnet, also one whose share is on the node now", async () => {
  const options = { name: "web", reachTailnet: false, httpsPort: null, funnel: false };
  const { backups, done } = installation({
    stored: {
      shares: [
        share("web", { mode: "node", machine: { key: MACHINE.key, ...options } }),
        share("api", { mode: "machine", machine: { key: "00000000000000bb", ...options } }),
      ],
      retiring: [{ key: MACHINE.key, workload: "name:web", name: "web", since: 0, dismissed: false }],
    },
  });
  await backups.make({ passphrase: PASSPHRASE });
  expect(done).toEqual(["read 00000000000000bb"]);
});

test("shares and settings come back without identities, and whose the containers here are stays", async () => {
  const backup = await installation().backups.make({});
  const { backups, done } = installation({ deviceId: null, state: loggedOut() });
  await backups.restore({ backup });
  expect(done).toEqual(["settings of here", "shares web"]);
});

test("no backup opens the panel to the tailnet, and one with identities closes it [S169]", async () => {
  const restored = async (panelOnTailnet: boolean, request: Parameters<Backups["restore"]>[0]) => {
    const { backups, done } = installation({ panelOnTailnet, peers: [old, machineAway] });
    await backups.restore(request);
    return done.filter((entry) => entry.startsWith("settings"));
  };
  const [closed, open] = [["settings of here"], ["settings of here, open to the tailnet"]];
  const backup = await installation({ panelOnTailnet: true }).backups.make({});
  expect(await restored(false, { backup })).toEqual(closed);
  expect(await restored(true, { backup })).toEqual(open);
  const last = await restored(true, { backup: await made(), passphrase: PASSPHRASE });
  expect(last.slice(-1)).toEqual(closed);
});

test("identities are there before the shares that would otherwise be given new ones, and the node changes while it is stopped", async () => {
  const { backups, done } = installation({ peers: [old, machineAway] });
  await backups.restore({ backup: await made(), passphrase: PASSPHRASE });
  expect(done).toEqual([
    "staged",
    "machine 00000000000000aa m-key",
    "logout",
    "stopped",
    "node n-old n-key",
    "started",
    "settings of here",
    "shares web",
  ]);
});

test.each([
  ["node", []],
  ["machine", ["staged", "discarded"]],
] as const)(
  "where the disk is full for a %s, nobody is logged out, and nothing else changes",
  async (full, expected) => {
    const { backups, done } = installation({ peers: [old, machineAway], full });
    const restoring = backups.restore({ backup: await made(), passphrase: PASSPHRASE });
    await expect(restoring).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
    expect(done).toEqual(expected);
  },
);

test("the panel is closed to the tailnet before the node changes hands, whatever fails afterwards [S204]", async () => {
  const { backups, done } = installation({
    ...{ peers: [old, machineAway], panelOnTailnet: true, settingsFailAt: 2 },
  });
  const restoring = backups.restore({ backup: await made(), passphrase: PASSPHRASE });
  await expect(restoring).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
  expect(done).toEqual([
    "staged",
    "machine 00000000000000aa m-key",
    "settings of here",
    "logout",
    "stopped",
    "node n-old n-key",
    "started",
  ]);
});

test("while the panel can't be closed to the tailnet, the node does not change hands", async () => {
  const { backups, done } = installation({
    ...{ peers: [old, machineAway], panelOnTailnet: true, settingsFailAt: 1 },
  });
  const restoring = backups.restore({ backup: await made(), passphrase: PASSPHRASE });
  await expect(restoring).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
  expect(done).toEqual(["staged", "machine 00000000000000aa m-key", "discarded"]);
});

test("on the same machine the node stays as it is", async () => {
  const { backups, done } = installation({ deviceId: "n-old", peers: [machineAway] });
  await backups.restore({ backup: await made(), passphrase: PASSPHRASE });
  expect(done).not.toContain("logout");
});

test.each([
  [
    "the first machine still runs",
    { peers: [{ ...old, online: true }, machineAway] },
    /docker is still online/,
  ],
  [
    "one of its machines still runs",
    { peers: [old, { ...machineAway, online: true }] },
    /web is still online/,
  ],
  ["a device cannot be seen", { peers: [old] }, /Can.t tell whether/],
  ["this node is logged out", { deviceId: null, state: loggedOut() }, /this node isn.t in its tailnet/],
  [
    "this node is in another tailnet",
    { state: { ...connectedNode, tailnet: "other" } as NodeState },
    /this node isn.t in its tailnet/,
  ],
])("is refused, and changes nothing, when %s", async (_, installed, words) => {
  const { backups, done } = installation(installed);
  await expect(backups.restore({ backup: await made(), passphrase: PASSPHRASE })).rejects.toThrow(words);
  expect(done).toEqual([]);
});

const TAILSCALE = "https://controlplane.tailscale.com";

test.each([
  ["as machines note them", `${TAILSCALE} ${connectedNode.tailnet}`],
  ["as earlier releases named the node's", ` ${connectedNode.tailnet}`],
])(
  "identities of Tailscale's own control server come back where its setting is empty, %s",
  async (_, home) => {
    const own: [string, string] = ["", TAILSCALE];
    const before = installation({ deviceId: "n-old", machines: [{ ...MACHINE, home }], controlUrls: own });
    const backup = await before.backups.make({ passphrase: PASSPHRASE });
    const { backups, done } = installation({ peers: [old, machineAway], controlUrls: own });
    await backups.restore({ backup, passphrase: PASSPHRASE });
    expect(done).toContain("machine 00000000000000aa m-key");
    expect(done).toContain("node n-old n-key");
  },
);

test("another passphrase changes nothing", async () => {
  const { backups, done } = installation({ peers: [old, machineAway] });
  const backup = await made();
  await expect(backups.restore({ backup, passphrase: "wrong, but long" })).rejects.toMatchObject({
    code: "BACKUP_UNREADABLE",
  });
  expect(done).toEqual([]);
});

function loggedOut(): NodeState {
  return { state: "logged-out", login: null, fault: null };
}

import type { NodeState } from "@tailnet-share/contract/node";
import { expect, test, vi } from "vitest";
import { connectedNode, share } from "../testing.ts";
import { installation, MACHINE, machineAway, made, old, PASSPHRASE } from "./backups.testing.ts";
import type { Backups } from "./backups.ts";

/** Sealing is slow on purpose, and slower on a busy host. Milliseconds. */
vi.setConfig({ testTimeout: 30_000 });

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

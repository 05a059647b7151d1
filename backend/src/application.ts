import { AppError } from "@tailnet-share/contract/errors";
import type { Snapshot } from "@tailnet-share/contract/model";
import { SETTLE_MS } from "@tailnet-share/contract/routes";
import type { DataPlane } from "./dataplane/data-plane.ts";
import type { Application } from "./http/routes.ts";
import type { Clock } from "./lib/clock.ts";
import { redact } from "./lib/redact.ts";
import type { Board } from "./reconcile/board.ts";
import { checkShare, tcpListens } from "./reconcile/check.ts";
import type { Loop } from "./reconcile/loop.ts";
import type { JsonStore } from "./shares/json-store.ts";
import type { ShareService } from "./shares/service.ts";
import type { SettingsFile } from "./shares/stored-share.ts";
import type { TailnetNode } from "./tailscale/node.ts";

export interface ApplicationDependencies {
  shares: ShareService;
  settings: JsonStore<SettingsFile>;
  node: TailnetNode;
  loop: Loop;
  board: Board;
  dataPlane: DataPlane;
  daemonLines: () => readonly string[];
  clock: Clock;
}

/** The use cases. A change stores what is wanted, wakes the loop and waits a moment for it, so that a click usually returns its end state. */
export function createApplication(dependencies: ApplicationDependencies): Application {
  const { shares, settings, node, loop, board, dataPlane, daemonLines, clock } = dependencies;

  async function settledSnapshot() {
    board.refresh();
    loop.trigger("user");
    await loop.settled(SETTLE_MS);
    return board.current();
  }

  return {
    snapshot: async (since, ms, signal) => await board.newerThan(since, ms, signal),

    async putShare(workload, wanted) {
      // A container may have been started a moment ago, and what tells of it may still be on its way.
      if (!shares.knows(workload)) {
        loop.trigger("user");
        await loop.settled(SETTLE_MS);
      }
      await shares.put(workload, wanted);
      return await settledSnapshot();
    },

    async removeShare(workload) {
      await shares.remove(workload);
      return await settledSnapshot();
    },

    async checkShare(workload) {
      const share = shares.list().find((one) => one.workload === workload);
      if (share === undefined)
        throw new AppError("UNKNOWN_WORKLOAD", "This container is not shared.", "Share it first.");
      loop.trigger("user");
      await loop.settled(SETTLE_MS);
      const context = {
        observed: loop.observed(),
        node: node.state(),
        mode: dataPlane.mode,
        failures: loop.failures(),
      };
      return await checkShare(share, { ...context, listens: tcpListens });
    },

    async login({ authKey, controlUrl, hostname, fresh = false, anotherAccount = false }) {
      const before = settings.get();
      const wanted = {
        ...before,
        controlUrl: controlUrl ?? before.controlUrl,
        hostname: hostname ?? before.hostname,
      };
      await settings.set(wanted);
      await node.login({
        authKey,
        controlUrl: wanted.controlUrl,
        hostname: wanted.hostname,
        fresh,
        anotherAccount,
      });
      return await settledSnapshot();
    },

    async cancelLogin() {
      await node.cancelLogin();
      return await settledSnapshot();
    },

    async logout() {
      await node.logout();
      return await settledSnapshot();
    },

    async patchNode({ account, hostname, connected }) {
      if (account !== undefined) await node.switchAccount(account);
      if (hostname !== undefined) {
        await settings.set({ ...settings.get(), hostname });
        await node.setHostname(hostname);
      }
      if (connected !== undefined) await node.setConnected(connected);
      return await settledSnapshot();
    },

    settings: () => publicSettings(settings),

    async patchSettings(changes) {
      const before = settings.get();
      await settings.set({
        ...before,
        controlUrl: changes.controlUrl ?? before.controlUrl,
        hostname: changes.hostname ?? before.hostname,
      });
      return await settledSnapshot();
    },

    diagnostics: () => ({
      createdAt: new Date(clock.now()).toISOString(),
      snapshot: withoutLoginLink(board.current()),
      health: node.details().health.map(redact),
      tailscaledLog: daemonLines().map(redact),
    }),
  };
}

/** Whoever opens the link adds this machine to their tailnet, so it is nothing for a bug report. */
function withoutLoginLink(snapshot: Snapshot): Snapshot {
  const { node } = snapshot;
  if (!("login" in node) || node.login?.url == null) return snapshot;
  return { ...snapshot, node: { ...node, login: { url: "<log-in link>" } } };
}

export function publicSettings(settings: JsonStore<SettingsFile>) {
  const { controlUrl, hostname } = settings.get();
  return { controlUrl, hostname };
}

import { AppError } from "@tailnet-share/contract/errors";
import { LONG_POLL_MS, SETTLE_MS } from "@tailnet-share/contract/limits";
import type { Diagnostics } from "@tailnet-share/contract/operations";
import type { Backups } from "../backup/backups.ts";
import { checkShare } from "../check/check.ts";
import { openTls } from "../check/https-visit.ts";
import { askByName } from "../check/names.ts";
import type { OwnDevice } from "../check/tailnet.ts";
import { openConnection, sendDatagram } from "../check/tries.ts";
import { sameServer } from "../control/home.ts";
import { type DataPlane, holds } from "../dataplane/data-plane.ts";
import type { Served } from "../http/serve.ts";
import type { Clock } from "../lib/clock.ts";
import { sourceTowards } from "../lib/source-address.ts";
import { createTurns } from "../lib/turns.ts";
import type { MachineCredentials } from "../machines/device/credentials.ts";
import type { VisitNode } from "../machines/visiting/visitor.ts";
import type { Looked } from "../machines/watch/listening-look.ts";
import type { CountingFeed, Operations } from "../operations/operations.ts";
import type { Listener } from "../ports/listening.ts";
import { listeningPort, shownListeners } from "../ports/places.ts";
import type { Loop } from "../reconcile/loop.ts";
import { changeSettings, publicSettings, renameNode } from "../settings.ts";
import type { ShareService } from "../shares/service.ts";
import type { SettingsFile } from "../shares/stored-share.ts";
import type { ExposureContext } from "../status/exposure.ts";
import type { JsonStore } from "../store/json-store.ts";
import type { TailnetDevice } from "../tailscale/localapi/tailnet-devices.ts";
import type { TailnetNode } from "../tailscale/node/node.ts";
import type { Heard } from "../workloads/likely-port.ts";
import { createPutShare } from "./put-share.ts";
import { createTailnetNames } from "./tailnet-names.ts";

export interface ApplicationDependencies {
  shares: ShareService;
  settings: JsonStore<SettingsFile>;
  credentials: MachineCredentials;
  backups: Backups;
  /** Makes tailscaled trust the authorities from the settings from now on. */
  trusted: () => Promise<void>;
  /** Devices that the node knows. */
  devices: () => Promise<TailnetDevice[]>;
  /** Devices in the tailnet that logged-out machines can become again. */
  keptDevices: () => Promise<readonly { key: string; workload: string | null; deviceId: string }[]>;
  /** Lists the listeners in a running machine's container with a new look; null if that takes too long. */
  lookInto: (machineKey: string, ms: number) => Promise<readonly Listener[] | null>;
  /** Lists the current listeners in a workload's container. */
  listening: (workload: string, ms: number) => Promise<Looked>;
  /** The ports in a workload's container that accept connections and answer HTTP; null when they don't matter or take too long. */
  hear: (workload: string, ms: number) => Promise<Heard | null>;
  /** Has a machine visit the node over the tailnet. */
  visitNode: VisitNode;
  /** The node as a device of the tailnet, or a machine by its key. */
  device: (machineKey: string | null) => OwnDevice;
  /** Results of probing shared ports. */
  tries: () => Pick<ExposureContext, "unanswered" | "listeners">;
  node: TailnetNode;
  loop: Loop;
  feed: CountingFeed;
  dataPlane: DataPlane;
  diagnostics: () => Promise<Diagnostics>;
  clock: Clock;
}

/** How long an opening panel waits for a look. Milliseconds. */
const FIRST_LOOK_MS = 300;

/** How long a check waits for a look into a machine's container. Milliseconds. */
const LOOK_MS = 3_000;

/** How long a request for a container's listeners waits for an answer. Milliseconds. */
const LISTENING_MS = 2_800;

/** The use cases behind the routes. */
export type Application = Omit<Served, keyof Operations>;

/** A change stores the new intention, wakes the loop and waits briefly for it, so that a click usually returns its end state. */
export function createApplication(dependencies: ApplicationDependencies): Application {
  const { shares, settings, credentials, node, loop, feed, dataPlane, clock } = dependencies;
  const tailnetNames = createTailnetNames(dependencies);
  /** The last click on a share wins, however long the previous ones take. */
  const inTurn = createTurns();

  /** Has the loop look at everything, and waits briefly for it. */
  async function look(): Promise<void> {
    loop.trigger("user");
    await loop.settled(SETTLE_MS);
  }

  async function settledSnapshot() {
    feed.refresh();
    await look();
    return feed.current();
  }

  /** Handles a container that just started: with no panel open, unshared containers are polled only every few seconds. */
  async function catchUp(workload: string): Promise<void> {
    const shown = feed.current().workloads.find(({ id }) => id === workload);
    if (feed.watched() && shown?.run === "running") return;
    await look();
  }

  const put = createPutShare({ ...dependencies, tailnetNames, catchUp, look });

  /** A new key must come from the present control server. */
  function refuseOtherServer(controlUrl: string | undefined): void {
    const present = node.accounts().find(({ current }) => current)?.controlUrl;
    if (controlUrl === undefined || present === undefined || sameServer(controlUrl, present)) return;
    throw new AppError(
      "BAD_REQUEST",
      "This node is connected through another control server.",
      "Log in to another account there, or log out first.",
    );
  }

  return {
    async snapshot(since, gone) {
      // With no panel open, unshared containers are polled only every few seconds.
      if (!feed.opened()) {
        loop.trigger("urgent");
        await loop.settled(FIRST_LOOK_MS);
      }
      return await feed.newerThan(since, LONG_POLL_MS, gone);
    },

    async putShare(workload, wanted) {
      await inTurn(workload, async () => await put(workload, wanted));
      return await settledSnapshot();
    },

    async deleteShare(workload) {
      await inTurn(workload, async () => await shares.remove(workload));
      return await settledSnapshot();
    },

    async deleteShares() {
      await shares.removeAll();
      return await settledSnapshot();
    },

    async check(workload) {
      const share = shares.list().find((one) => one.workload === workload);
      if (share === undefined)
        throw new AppError("UNKNOWN_WORKLOAD", "This container is not shared.", "Share it first.");
      await look();
      const machineKey = share.machine?.key;
      return await checkShare(share, {
        observed: loop.observed(),
        node: node.state(),
        mode: dataPlane.mode,
        failures: loop.failures(),
        ...dependencies.tries(),
        connect: openConnection,
        send: sendDatagram,
        ask: askByName,
        openTls,
        visitNode: dependencies.visitNode,
        sourceTowards,
        async listening() {
          // For a machine that names no ports, this also refreshes the listeners that the panel shows.
          const ports = machineKey === undefined ? null : await dependencies.lookInto(machineKey, LOOK_MS);
          return ports === null
            ? await dependencies.listening(share.workload, LISTENING_MS)
            : { listeners: [...ports], fault: null };
        },
        rulesInPlace: async (forwards) => await holds(dataPlane, forwards).catch(() => false),
        device: dependencies.device,
      });
    },

    async listening(workload) {
      const deadline = clock.monotonic() + LISTENING_MS;
      await catchUp(workload);
      const { listeners, fault } = await dependencies.listening(workload, deadline - clock.monotonic());
      return { ports: shownListeners(listeners).map(listeningPort), fault };
    },

    retry: settledSnapshot,

    async deleteRetirement(machine) {
      await shares.dismiss(machine);
      return await settledSnapshot();
    },

    async login({ authKey, controlUrl, hostname, fresh = false, anotherAccount = false }) {
      if (node.state().state === "connected" && !anotherAccount) {
        refuseOtherServer(controlUrl);
        if (hostname !== undefined) await renameNode(settings, node, hostname);
        await node.renewKey({ authKey, fresh });
        return await settledSnapshot();
      }
      const wanted = await settings.update((before) => ({
        ...before,
        controlUrl: controlUrl ?? before.controlUrl,
        hostname: hostname ?? before.hostname,
      }));
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

    async patchNode(changes) {
      if (Object.keys(changes).length === 0)
        throw new AppError("BAD_REQUEST", "The request changes nothing.");
      const { account, hostname, connected } = changes;
      if (account !== undefined) await node.switchAccount(account);
      if (hostname !== undefined) await renameNode(settings, node, hostname);
      if (connected !== undefined) await node.setConnected(connected);
      return await settledSnapshot();
    },

    async checkName(name, workload) {
      await catchUp(workload);
      const { workloads, node: now } = feed.current();
      const domain = "dnsName" in now ? now.dnsName.split(".").slice(1).join(".") : "";
      if (!workloads.some(({ id }) => id === workload))
        throw new AppError("UNKNOWN_WORKLOAD", "There is no such container.", "Look at the list again.");
      return {
        ...shares.checkName(name, workload, await tailnetNames()),
        dnsName: domain === "" ? "" : `${name}.${domain}`,
      };
    },

    settings: () => publicSettings(settings, credentials),

    async patchSettings(changes) {
      await changeSettings(settings, credentials, changes);
      await dependencies.trusted();
      return await settledSnapshot();
    },

    backup: dependencies.backups.make,

    async restore(request) {
      await dependencies.backups.restore(request);
      await dependencies.trusted();
      return await settledSnapshot();
    },

    diagnostics: dependencies.diagnostics,
  };
}

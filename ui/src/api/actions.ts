import type { Backup, BackupRequest, Restore } from "@tailnet-share/contract/backup";
import type { Client } from "@tailnet-share/contract/client";
import type { PatchSettings } from "@tailnet-share/contract/settings";
import { asProblem, type Problem } from "../host/problem.ts";
import type { Intents } from "../model/intent.ts";
import type { LeftMachine } from "../model/left-machines.ts";
import type { Feed } from "./feed.ts";
import type { LinkOpener } from "./link-opener.ts";
import { createLookups, type Lookups } from "./lookups.ts";
import { createNodeActions, type NodeActions } from "./node-actions.ts";
import type { Notices } from "./notices.ts";
import { createSender } from "./sender.ts";
import { type Ask, createShareActions, type ShareActions } from "./share-actions.ts";
import { createShareQueue } from "./share-queue.ts";
import type { Store } from "./store.ts";

/** Every action that a click can trigger. None of them rejects: a failure shows a notice and resolves to `false`. */
export interface Actions extends ShareActions, NodeActions, Lookups {
  /** Makes the backend retry failed steps at once. */
  retry(): Promise<boolean>;
  /** Gives up removing machines from their tailnet. Stops at the first failure. */
  forgetMachines(machines: readonly LeftMachine[]): Promise<boolean>;
  /** Returns null when saved, otherwise the reason. Shows no notice: the reason appears beside the field. */
  saveSettings(patch: PatchSettings): Promise<Problem | null>;
  /** Returns the backup or the reason for the failure. Shows no notice. */
  backup(request: BackupRequest): Promise<Backup | Problem>;
  /** Returns null when restored, otherwise the reason. */
  restore(request: Restore): Promise<Problem | null>;
}

interface ActionDeps {
  readonly client: Client;
  readonly feed: Feed;
  readonly intents: Store<Intents>;
  readonly notices: Notices;
  readonly opener: LinkOpener;
  readonly ask: Ask;
}

export function createActions({ client, feed, intents, notices, opener, ask }: ActionDeps): Actions {
  const sender = createSender(feed, notices);
  const { attempt, change } = sender;
  return {
    ...createShareActions(client, createShareQueue(sender, intents), notices, ask),
    ...createNodeActions(client, sender, opener),
    ...createLookups(client, notices),
    retry: () => change(client.retry, "Couldn't retry."),
    async forgetMachines(machines) {
      for (const { key, name } of machines) {
        const done = await change(() => client.deleteRetirement(key), `Couldn't forget ${name}.`);
        if (!done) return false;
      }
      return true;
    },
    saveSettings: (patch) => attempt(() => client.patchSettings(patch)),
    backup: (request) => client.backup(request).catch(asProblem),
    restore: (request) => attempt(() => client.restore(request)),
  };
}

import { AppError } from "@tailnet-share/contract/errors";
import type { NodeChanges } from "./node-changes.ts";
import type { NodeMemory } from "./state/node-memory.ts";

/** The name that the user gave the extension's own node. tailscaled keeps a name per account. */
export interface NodeWish {
  /** ID of the account whose node has the name; empty while the name is only for the next login. */
  account: string;
  hostname: string;
}

/** The preferences of the current account that the loop keeps as they should be. */
export interface NodePreferences {
  account: string;
  hostname: string;
  acceptsDns: boolean;
}

/** Sets the preferences of an account's node. `hostname`: null to keep its name. */
export interface NodeStep {
  kind: "node-adjust";
  account: string;
  hostname: string | null;
}

export type NodeExecutors = {
  [K in NodeStep["kind"]]: (step: Extract<NodeStep, { kind: K }>) => Promise<void>;
};

/** Returns null while tailscaled doesn't answer or nobody is logged in. Pure. */
export function nodePreferences({ daemon, prefs, profiles }: NodeMemory): NodePreferences | null {
  const account = profiles?.current.ID ?? "";
  if (daemon.phase !== "running" || prefs === null || account === "" || prefs.LoggedOut) return null;
  return { account, hostname: prefs.Hostname, acceptsDns: prefs.CorpDNS };
}

/** Plans the next steps of the extension's own node. Pure. */
export function planNode(wish: NodeWish, preferences: NodePreferences | null): NodeStep[] {
  if (preferences === null) return [];
  const { account } = preferences;
  const hostname = wish.account === account ? wish.hostname : preferences.hostname;
  const isRenamed = hostname !== preferences.hostname;
  if (!isRenamed && !preferences.acceptsDns) return [];
  return [{ kind: "node-adjust", account, hostname: isRenamed ? hostname : null }];
}

/** The executors reject with an `AppError` and can be retried. */
export function createNodeExecutors({ adjust }: Pick<NodeChanges, "adjust">): NodeExecutors {
  return {
    async "node-adjust"({ account, hostname }) {
      await adjust(account, hostname).catch((error: unknown) => {
        if (!(error instanceof AppError)) throw error;
        const message = `This node's preferences could not be set. ${error.message}`;
        throw new AppError(error.code, message, "Retrying automatically.", { cause: error });
      });
    },
  };
}

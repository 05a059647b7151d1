import type { NodeState } from "@tailnet-share/contract/node";
import type { Logger } from "pino";
import { sameServer } from "../control/home.ts";
import { backoffDelay } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import { pause } from "../lib/timing.ts";
import { renameNode } from "../settings/settings.ts";
import type { SettingsFile } from "../settings/settings-file.ts";
import type { SnapshotFeed } from "../status/snapshot-feed.ts";
import type { JsonStore } from "../store/json-store.ts";
import type { TailnetNode } from "../tailscale/node/node.ts";
import type { FirstStartFile } from "./first-start-file.ts";
import type { StartWish } from "./wish.ts";

export interface FirstLogInDependencies {
  wish: Pick<StartWish, "authKey" | "controlUrl" | "hostname" | "panelOnTailnet" | "faults">;
  file: Pick<JsonStore<FirstStartFile>, "get" | "update">;
  settings: Pick<JsonStore<SettingsFile>, "get" | "update">;
  node: Pick<TailnetNode, "accounts" | "login" | "currentAccount">;
  /** The node's states, as the panel shows them. */
  feed: Pick<SnapshotFeed, "nextSeen">;
  /** Called when settings were changed. */
  onSettings: () => void;
  clock: Clock;
  log: Pick<Logger, "info" | "warn">;
}

/** Longest wait without a change. Milliseconds. */
const WAIT_MS = 3_600_000;
/** Attempts while tailscaled or the disk fails. The control server's refusal is the node's state, and not repeated. */
const MOST_FAILURES = 6;

/**
 * Does at a start what the environment asks for: takes over the settings that it changed since the last start, and logs in by key if the
 * node is logged out, or its key has expired, and no user logged it out. Ends once the node is logged in. Never rejects.
 */
export async function runFirstLogIn(
  dependencies: FirstLogInDependencies,
  signal: AbortSignal,
): Promise<void> {
  const { feed, clock, log } = dependencies;
  const start = new FirstLogIn(dependencies);
  let seen = "";
  let failures = 0;
  while (!signal.aborted) {
    const { revision, node } = await feed.nextSeen(seen, WAIT_MS, signal);
    if (signal.aborted || revision === seen) continue;
    try {
      if ((await start.see(node)) === "done") return;
      seen = revision;
    } catch (err) {
      failures += 1;
      const isOver = failures === MOST_FAILURES;
      log.warn(
        { event: "first-start.failed", err, isOver },
        "the login that the environment asks for failed",
      );
      if (isOver) return;
      await pause(backoffDelay(failures, { first: 1_000 }), clock, signal);
    }
  }
}

class FirstLogIn {
  readonly #dependencies: FirstLogInDependencies;
  #tookOver = false;
  #asked = false;

  constructor(dependencies: FirstLogInDependencies) {
    this.#dependencies = dependencies;
  }

  /** Rejects when tailscaled or a store does; calling it again with the same state repeats what failed. */
  async see(state: NodeState): Promise<"done" | "waiting"> {
    if (!this.#tookOver && isKnown(state)) {
      await takeOver(this.#dependencies);
      this.#tookOver = true;
    }
    if (isIn(state)) {
      await noteLogin(this.#dependencies);
      return "done";
    }
    if (isOut(state) && !this.#asked) {
      await logIn(state, this.#dependencies);
      this.#asked = true;
    }
    return "waiting";
  }
}

/** Nobody has begun a login yet. */
type Out = Extract<NodeState, { state: "logged-out" | "expired" }>;

function isOut(state: NodeState): state is Out {
  return (state.state === "logged-out" || state.state === "expired") && state.login === null;
}

/** In a tailnet, or about to be once an admin approves the device. */
function isIn({ state }: NodeState): boolean {
  return state === "connected" || state === "paused" || state === "needs-approval";
}

/** Whether it is known who the node is. */
function isKnown(state: NodeState): boolean {
  return isIn(state) || state.state === "logged-out" || state.state === "expired";
}

/** Stores each value that differs from the last start's. */
async function takeOver({ wish, file, settings, node, onSettings }: FirstLogInDependencies): Promise<void> {
  // With a fault the wish is empty. Noted, it would look like a change at the next good start, and undo what the user has changed.
  if (wish.faults.length > 0) return;
  const { controlUrl, hostname, panelOnTailnet } = wish;
  const last = file.get();
  const isSame = panelOnTailnet === last.panelOnTailnet;
  if (controlUrl === last.controlUrl && hostname === last.hostname && isSame) return;
  if (controlUrl !== null && controlUrl !== last.controlUrl)
    await settings.update((before) => ({ ...before, controlUrl }));
  if (hostname !== null && hostname !== last.hostname)
    await renameNode(settings, await node.currentAccount(), hostname);
  if (panelOnTailnet !== null && !isSame) await settings.update((before) => ({ ...before, panelOnTailnet }));
  // Afterwards: a crash in between repeats it.
  await file.update((before) => ({ ...before, controlUrl, hostname, panelOnTailnet }));
  onSettings();
}

async function noteLogin({ file }: FirstLogInDependencies): Promise<void> {
  if (!file.get().wasLoggedIn) await file.update((before) => ({ ...before, wasLoggedIn: true }));
}

async function logIn({ state }: Out, dependencies: FirstLogInDependencies): Promise<void> {
  const { wish, file, settings, node, log } = dependencies;
  const { authKey } = wish;
  if (authKey === null) return;
  if (state === "logged-out" && file.get().wasLoggedIn) {
    log.info({ event: "first-start.key-unused" }, "a user logged the node out, so the auth key is not used");
    return;
  }
  const controlUrl = wish.controlUrl ?? settings.get().controlUrl;
  const account = node.accounts().find(({ current }) => current);
  // The key is for one server, and an expired identity for another one.
  if (state === "expired" && account !== undefined && !sameServer(account.controlUrl, controlUrl)) {
    log.warn({ event: "first-start.other-server" }, "the node's account is on another control server");
    return;
  }
  log.info({ event: "first-start.log-in" }, "logging in with the auth key from the environment");
  const { hostname } = settings.get();
  await node.login({ authKey, controlUrl, hostname, fresh: false, anotherAccount: false });
}

import { afterEach, beforeEach, expect } from "vitest";
import { systemClock as clock } from "../../../backend/src/lib/clock.ts";
import { createLog } from "../../../backend/src/operations/log/log.ts";
import { createLocalApi } from "../../../backend/src/tailscale/localapi/localapi.ts";
import { createTailnetNode, type TailnetNode } from "../../../backend/src/tailscale/node/node.ts";
import { type FaultyLocalApi, startFaultyLocalApi } from "../../src/tailnet/faulty-localapi.ts";

/** How soon the panel must show the actual state. */
export const TRUE_WITHIN_MS = 5_000;

export const { log } = createLog({ level: "error", format: "json", write: () => undefined });

/** A node of the backend's on a stand-in for tailscaled. Both are new for each test. */
export interface NodeOnFaultyLocalApi {
  readonly daemon: FaultyLocalApi;
  readonly node: TailnetNode;
  /** Aborts after each test, when the node stops watching. */
  readonly signal: AbortSignal;
  /** How often the node's state changed. */
  changes(): number;
  becomes(state: ReturnType<TailnetNode["state"]>["state"]): Promise<void>;
}

/** Call it in a `describe`: a connected node before each test. */
export function openNodeOnFaultyLocalApi(): NodeOnFaultyLocalApi {
  let daemon: FaultyLocalApi;
  let node: TailnetNode;
  let stopping: AbortController;
  let watching: Promise<void>;
  let changes: number;

  async function becomes(state: ReturnType<TailnetNode["state"]>["state"]): Promise<void> {
    await expect.poll(() => node.state().state, { timeout: TRUE_WITHIN_MS, interval: 20 }).toBe(state);
  }

  beforeEach(async () => {
    daemon = await startFaultyLocalApi();
    changes = 0;
    stopping = new AbortController();
    node = createTailnetNode({
      probeControl: async () => {},
      localApi: createLocalApi(daemon.socketPath),
      clock,
      log,
    });
    const onChange = () => {
      changes += 1;
    };
    watching = node.watch(onChange, stopping.signal);
    node.handle({ kind: "daemon-running" });
    await becomes("connected");
  });
  afterEach(async () => {
    stopping.abort();
    await watching;
    await daemon.close();
  });

  return {
    get daemon() {
      return daemon;
    },
    get node() {
      return node;
    },
    get signal() {
      return stopping.signal;
    },
    changes: () => changes,
    becomes,
  };
}

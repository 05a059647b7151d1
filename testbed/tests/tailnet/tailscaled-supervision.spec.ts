import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Clock, systemClock } from "../../../backend/src/lib/clock.ts";
import { createLog } from "../../../backend/src/operations/log/log.ts";
import { createDaemon, type Daemon, type DaemonEvent } from "../../../backend/src/tailscale/daemon/daemon.ts";

/** Speeds time up by this factor, so that a minute passes in about a second. */
const HURRY = 50;
const hurried: Clock = {
  now: () => systemClock.now() * HURRY,
  monotonic: () => systemClock.monotonic() * HURRY,
  sleep: async (ms, signal) => await systemClock.sleep(ms / HURRY, signal),
};

/** Runs until it receives a signal. */
const PROGRAM = `#!/bin/sh
trap 'exit 0' TERM
while :; do sleep 0.02; done
`;

describe("supervising tailscaled", () => {
  let folder: string;
  let answers: boolean;
  let events: DaemonEvent[];
  let daemon: Daemon;
  let stopping: AbortController;
  let supervising: Promise<void>;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "tailnet-share-daemon-"));
    await mkdir(join(folder, "bin"));
    await writeFile(join(folder, "bin", "tailscaled"), PROGRAM);
    await chmod(join(folder, "bin", "tailscaled"), 0o755);
    answers = true;
    events = [];
    stopping = new AbortController();
    daemon = createDaemon({
      mode: "kernel",
      socketPath: join(folder, "run", "tailscaled.sock"),
      stateDirectory: join(folder, "state"),
      environment: { PATH: `${join(folder, "bin")}:${process.env.PATH}` },
      // A hanging one accepts the connection and stays silent.
      signOfLife: async () => (answers ? { outOfSync: false } : await new Promise<never>(() => undefined)),
      clock: hurried,
      log: createLog({ level: "error", format: "json", write: () => undefined }).log,
    });
    supervising = daemon.supervise((event) => void events.push(event), stopping.signal);
  });
  afterEach(async () => {
    stopping.abort();
    await supervising;
    await rm(folder, { recursive: true });
  });

  const kinds = () =>
    events.map((event) => (event.kind === "daemon-exited" ? `exited ${event.exits}` : event.kind));
  const soon = { timeout: 20_000, interval: 10 };
  const runs = async () => await expect.poll(() => kinds().at(-1), soon).toBe("daemon-running");

  it("reports, kills and restarts a daemon that never answers after its start, and counts that as a failure", async () => {
    await runs();
    answers = false;
    await daemon.whileStopped(async () => {});
    await expect.poll(() => events, soon).toContainEqual({ kind: "daemon-condition", condition: "silent" });
    await expect.poll(kinds, soon).toContain("exited 3");
    answers = true;
    await runs();
  });

  it("runs work that arrives between two daemons while other work runs there", async () => {
    await runs();
    const done: string[] = [];
    const work = (name: string) => async (): Promise<void> => {
      done.push(`${name} begins`);
      if (name === "first") second = daemon.whileStopped(work("second"));
      await systemClock.sleep(20);
      done.push(`${name} ends`);
    };
    let second = Promise.resolve();
    await daemon.whileStopped(work("first"));
    await second;
    expect(done).toEqual(["first begins", "first ends", "second begins", "second ends"]);
    await runs();
    expect(kinds().filter((kind) => kind === "daemon-starting")).toHaveLength(2);
  });
});

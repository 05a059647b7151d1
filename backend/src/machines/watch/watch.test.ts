import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type IdleServer, listenIdle } from "../../lib/net/idle-server.testing.ts";
import { createFakeClock } from "../../testing.ts";
import { type MachineContainer, machineSocket } from "../container/container.ts";
import { createMachineWatch } from "./watch.ts";

const KEY = "0123456789abcdef";

const running: MachineContainer = {
  key: KEY,
  containerId: "first",
  run: "running",
  targetId: "target",
  targetStartedAt: "1",
  spec: "spec",
  tag: "",
};

/** Hundreds of exchanges take long on a busy host. Milliseconds. */
vi.setConfig({ testTimeout: 60_000 });

describe("the connections to a machine's tailscaled", () => {
  let folder: string;
  let tailscaled: IdleServer;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "watch-"));
    const socketPath = machineSocket(folder, KEY);
    await mkdir(dirname(socketPath), { recursive: true });
    tailscaled = await listenIdle(socketPath, (_request, response) =>
      response.end(JSON.stringify({ Version: "1.102.3", BackendState: "Running" })),
    );
  });

  afterEach(async () => {
    await tailscaled.close();
    await rm(folder, { recursive: true });
  });

  function watch() {
    return createMachineWatch({
      stateDirectory: folder,
      onNews: () => undefined,
      onNotify: () => undefined,
      probeControl: async () => {},
      clock: createFakeClock(),
      log: pino({ level: "silent" }),
    });
  }

  async function look(machines: ReturnType<typeof watch>, times: number): Promise<void> {
    for (let turn = 0; turn < times; turn += 1) await machines.localApi(KEY).status();
  }

  it("do not grow with 300 looks", async () => {
    const machines = watch();
    machines.observe([running]);
    await look(machines, 10);
    const before = tailscaled.connections.size;
    await look(machines, 300);
    expect(tailscaled.connections.size).toBeLessThanOrEqual(before);
    machines.close();
    await expect.poll(() => tailscaled.connections.size).toBe(0);
  });

  it("are the same before and after its container is first seen", async () => {
    const machines = watch();
    await look(machines, 20);
    machines.observe([running]);
    await look(machines, 20);
    machines.close();
    await expect.poll(() => tailscaled.connections.size).toBe(0);
  });

  it.each([
    ["has gone", []],
    ["has ended", [{ ...running, run: "stopped" as const }]],
    ["was replaced", [{ ...running, containerId: "second" }]],
  ])("are closed when its container %s", async (_case, next) => {
    const machines = watch();
    machines.observe([running]);
    await look(machines, 20);
    const old = new Set(tailscaled.connections);
    machines.observe(next);
    await expect.poll(() => [...old].filter((socket) => tailscaled.connections.has(socket))).toEqual([]);
    machines.close();
  });
});

import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Bed } from "../src/bed.ts";
import { waitFor } from "../src/lib/wait-for.ts";
import {
  installationOf,
  machineContainers,
  machineUp,
  openMachineBed,
  startOnTailnet,
} from "./fixtures/machines.ts";

const Inspected = z.object({
  State: z.object({ Pid: z.int() }),
  Config: z.object({ Healthcheck: z.object({ Test: z.array(z.string()) }).nullish() }),
  HostConfig: z.object({
    Privileged: z.boolean(),
    ReadonlyRootfs: z.boolean(),
    Memory: z.int(),
    PidsLimit: z.int(),
    NetworkMode: z.string(),
    PidMode: z.string(),
    IpcMode: z.string(),
    UsernsMode: z.string(),
    PortBindings: z.record(z.string(), z.unknown()).nullable(),
    Devices: z.array(z.object({ PathOnHost: z.string() })).nullable(),
    Binds: z.array(z.string()).nullish(),
    LogConfig: z.object({ Type: z.string(), Config: z.record(z.string(), z.string()) }),
  }),
  Mounts: z.array(z.object({ Type: z.string(), Source: z.string().default(""), Destination: z.string() })),
});
type Inspected = z.infer<typeof Inspected>;

/** NET_ADMIN is bit 12, NET_RAW bit 13. */
const TWO = "0000000000003000";
const NONE = "0000000000000000";
const MIB = 1024 * 1024;

describe("containers of ours, as they run", () => {
  let bed: Bed;
  let machine: string;

  beforeAll(async () => {
    bed = await openMachineBed();
    const web = await startOnTailnet(bed, `op-hard-${bed.id}`);
    await bed.api.putShare(`name:${web.name}`);
    await machineUp(bed, `name:${web.name}`);
    const [id] = await machineContainers(bed);
    machine = id ?? "";
  });
  afterAll(async () => await bed?.close());

  async function inspect(id: string): Promise<Inspected> {
    return z.tuple([Inspected]).parse(JSON.parse(await bed.engine.docker(["inspect", id])))[0];
  }

  /** What the kernel says of a container's first process, and of all that it has started. */
  async function statuses({ State }: Inspected): Promise<Record<string, string>[]> {
    const children = await readFile(`/proc/${State.Pid}/task/${State.Pid}/children`, "utf8").catch(() => "");
    return await Promise.all(
      [String(State.Pid), ...children.split(" ").filter((pid) => pid !== "")].map(async (pid) => {
        const text = await readFile(`/proc/${pid}/status`, "utf8");
        return Object.fromEntries(text.split("\n").map((line) => line.split(/:\s+/, 2) as [string, string]));
      }),
    );
  }

  async function expectHeld(id: string, capabilities: string): Promise<Inspected> {
    const inspected = await inspect(id);
    const { HostConfig } = inspected;
    expect(HostConfig).toMatchObject({
      Privileged: false,
      ReadonlyRootfs: true,
      PidMode: "",
      UsernsMode: "",
    });
    expect(HostConfig.IpcMode).not.toBe("host");
    expect(HostConfig.NetworkMode).not.toBe("host");
    expect(Object.keys(HostConfig.PortBindings ?? {})).toEqual([]);
    expect(HostConfig.Memory).toBeGreaterThan(0);
    expect(HostConfig.PidsLimit).toBeGreaterThan(0);
    expect(HostConfig.LogConfig).toMatchObject({
      Type: "json-file",
      Config: { "max-size": expect.any(String) },
    });
    expect((HostConfig.Devices ?? []).every(({ PathOnHost }) => PathOnHost === "/dev/net/tun")).toBe(true);
    for (const status of await statuses(inspected)) {
      // Seccomp 2: a filter is in place.
      expect(status).toMatchObject({
        CapEff: capabilities,
        CapBnd: capabilities,
        NoNewPrivs: "1",
        Seccomp: "2",
      });
    }
    return inspected;
  }

  it("the backend has two capabilities, a filter, a read-only root, limits, and no port", async () => {
    const { HostConfig, Mounts, Config } = await expectHeld(bed.desktop.backend.containerId, TWO);
    expect(HostConfig.Memory).toBe(768 * MIB);
    expect(HostConfig.PidsLimit).toBe(512);
    expect(Mounts.map(({ Destination }) => Destination).sort()).toEqual([
      "/run/guest-services",
      "/var/lib/tailnet-share",
      "/var/run/docker.sock",
    ]);
    expect(Config.Healthcheck?.Test[0]).toBe("CMD");
  });

  it("so has a machine, whose only folder is its own, and the image's health check is not run in it", async () => {
    const { HostConfig, Mounts, Config } = await expectHeld(machine, TWO);
    expect(HostConfig.Memory).toBeLessThanOrEqual(256 * MIB);
    expect(HostConfig.PidsLimit).toBeLessThanOrEqual(256);
    expect(Mounts.map(({ Type, Destination }) => [Type, Destination])).toEqual([["bind", "/state"]]);
    expect(Mounts[0]?.Source).toMatch(/\/machines\/[0-9a-f]{16}\/tailscaled$/);
    expect(Config.Healthcheck?.Test).toEqual(["NONE"]);
  });

  it("a helper that looks what a container listens on has no capability and no folder", async () => {
    const other = await startOnTailnet(bed, `op-look-${bed.id}`);
    const installation = await installationOf(bed);
    const ours = [
      "--filter",
      "label=tailnet-share.role=helper",
      "--filter",
      `label=tailnet-share.installation=${installation}`,
    ];
    /** Helpers live for half a second: looked at between two looks of the engine, paused as soon as one is seen. */
    const seen = await waitFor(
      async () => {
        const asked = bed.api.raw({ method: "GET", url: `/workloads/name:${other.name}/listening` });
        const until = asked.then(
          () => true,
          () => true,
        );
        let over = false;
        void until.then(() => {
          over = true;
        });
        while (!over) {
          const [id] = (await bed.engine.docker(["ps", "-q", "--no-trunc", ...ours]))
            .split("\n")
            .filter(Boolean);
          if (id === undefined) continue;
          if ((await bed.engine.tryDocker(["pause", id])).code !== 0) continue;
          try {
            return await expectHeld(id, NONE);
          } finally {
            await bed.engine.tryDocker(["unpause", id]);
            await until;
          }
        }
        return null;
      },
      { what: "a helper, while it runs", timeoutMs: 60_000 },
    );
    expect(seen.Mounts).toEqual([]);
    expect(seen.HostConfig.Devices ?? []).toEqual([]);
    expect(seen.HostConfig.Memory).toBeLessThanOrEqual(128 * MIB);
  });
});

import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Bed } from "../../src/bed.ts";
import { waitFor } from "../../src/lib/wait-for.ts";
import {
  installationOf,
  machineContainers,
  machineUp,
  noMachines,
  openMachineBed,
  startOnTailnet,
} from "../fixtures/machines.ts";

const Inspected = z.object({
  State: z.object({ Pid: z.int() }),
  Config: z.object({
    Entrypoint: z.array(z.string()).nullable(),
    Healthcheck: z.object({ Test: z.array(z.string()) }).nullish(),
  }),
  HostConfig: z.object({
    Privileged: z.boolean(),
    ReadonlyRootfs: z.boolean(),
    Memory: z.int(),
    PidsLimit: z.int(),
    NetworkMode: z.string(),
    PidMode: z.string(),
    IpcMode: z.string(),
    UsernsMode: z.string(),
    SecurityOpt: z.array(z.string()).nullable(),
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
/** A tag of another image than ours that no other spec uses. */
const FOREIGN_TAG = "v1.96";
const FOREIGN_IMAGE = `tailscale/tailscale:${FOREIGN_TAG}`;

describe("the extension's own containers, as they run", () => {
  let bed: Bed;
  let machine: string;
  let own: string;

  beforeAll(async () => {
    bed = await openMachineBed();
    await bed.engine.docker(["tag", bed.images.tailscale, FOREIGN_IMAGE]);
    const web = await startOnTailnet(bed, `op-hard-${bed.id}`);
    own = `name:${web.name}`;
    await bed.api.putShare(own);
    await machineUp(bed, own);
    const [id] = await machineContainers(bed);
    machine = id ?? "";
  });
  afterAll(async () => {
    if (!bed) return;
    await bed.close();
    await bed.engine.tryDocker(["rmi", FOREIGN_IMAGE]);
  });

  async function inspect(id: string): Promise<Inspected> {
    return z.tuple([Inspected]).parse(JSON.parse(await bed.engine.docker(["inspect", id])))[0];
  }

  /** The kernel's status of a container's first process and all of its descendants. */
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
    // No other option, such as `seccomp=unconfined`, disables the engine's filter.
    expect(HostConfig.SecurityOpt).toEqual([expect.stringMatching(/^no-new-privileges(:true)?$/)]);
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

  it("the backend has two capabilities, a seccomp filter, a read-only root, limits, and no port [S116]", async () => {
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

  it("a machine's container has limits, its own folder only, and no health check [S117]", async () => {
    const { HostConfig, Mounts, Config } = await expectHeld(machine, TWO);
    expect(HostConfig.Memory).toBeLessThanOrEqual(256 * MIB);
    expect(HostConfig.PidsLimit).toBeLessThanOrEqual(256);
    expect(Mounts.map(({ Type, Destination }) => [Type, Destination])).toEqual([["bind", "/state"]]);
    expect(Mounts[0]?.Source).toMatch(/\/machines\/[0-9a-f]{16}\/tailscaled$/);
    expect(Config.Healthcheck?.Test).toEqual(["NONE"]);
  });

  /**
   * Inspects a running helper of one kind. Helpers live for half a second, so it pauses each as soon as it appears, and repeats the
   * acts that start one until it was fast enough.
   */
  async function pausedHelper(
    does: string,
    capabilities: string,
    actions: readonly (() => Promise<unknown>)[],
  ): Promise<Inspected> {
    const installation = await installationOf(bed);
    const labels = ["tailnet-share.role=helper", `tailnet-share.installation=${installation}`];
    const ours = labels.flatMap((label) => ["--filter", `label=${label}`]);
    const known = new Set<string>();
    async function look(): Promise<Inspected | null> {
      const ids = (await bed.engine.docker(["ps", "-q", "--no-trunc", ...ours])).split("\n").filter(Boolean);
      for (const id of ids.filter((candidate) => !known.has(candidate))) {
        if ((await bed.engine.tryDocker(["pause", id])).code !== 0) continue;
        known.add(id);
        try {
          if ((await inspect(id)).Config.Entrypoint?.includes(does))
            return await expectHeld(id, capabilities);
        } finally {
          await bed.engine.tryDocker(["unpause", id]);
        }
      }
      return null;
    }
    return await waitFor(
      async () => {
        let helper: Inspected | null = null;
        for (const action of actions) {
          let isOver = false;
          const running = action().finally(() => {
            isOver = true;
          });
          running.catch(() => undefined);
          while (!isOver && helper === null) helper = await look();
          await running;
        }
        return helper;
      },
      { what: `a helper that does '${does}', while it runs`, timeoutMs: 100_000 },
    );
  }

  it("a helper that looks up a container's listeners has no capability and no folder [S120]", async () => {
    const other = await startOnTailnet(bed, `op-look-${bed.id}`);
    const helper = await pausedHelper("listening", NONE, [
      async () => await bed.api.raw({ method: "GET", url: `/workloads/name:${other.name}/listening` }),
    ]);
    expect(helper.Mounts).toEqual([]);
    expect(helper.HostConfig.Devices ?? []).toEqual([]);
    expect(helper.HostConfig.Memory).toBeLessThanOrEqual(128 * MIB);
  });

  it("a machine with a foreign image is limited like one with ours, with the same two capabilities [S118]", async () => {
    await bed.api.patchSettings({ machineTailscale: FOREIGN_TAG });
    const imageOf = async (id: string) =>
      (
        await bed.engine.tryDocker(["inspect", "-f", "{{.Config.Image}} {{.State.Running}}", id])
      ).stdout.trim();
    const foreign = await waitFor(
      async () => {
        // The list includes helpers while the machine is recreated.
        for (const id of await machineContainers(bed))
          if ((await imageOf(id)) === `${FOREIGN_IMAGE} true`) return id;
        return null;
      },
      { what: "the machine to be made anew", timeoutMs: 30_000 },
    );
    await machineUp(bed, own);
    const { HostConfig, Mounts, Config } = await expectHeld(foreign, TWO);
    expect(HostConfig.Memory).toBeLessThanOrEqual(256 * MIB);
    expect(HostConfig.PidsLimit).toBeLessThanOrEqual(256);
    expect(Mounts.map(({ Type, Destination }) => [Type, Destination])).toEqual([["bind", "/state"]]);
    expect(Config.Healthcheck?.Test).toEqual(["NONE"]);
  });

  it.each(["ready", "tidy"])(
    "limits the helper for '%s' in a machine's namespace, and gives it no folder at all [S119]",
    async (does) => {
      const helper = await pausedHelper(does, TWO, [
        async () => {
          await bed.api.deleteShare(own);
          await noMachines(bed);
        },
        async () => {
          await bed.api.putShare(own);
          await machineUp(bed, own);
        },
      ]);
      expect(helper.Mounts).toEqual([]);
      expect(helper.HostConfig.Memory).toBeLessThanOrEqual(256 * MIB);
      expect(helper.HostConfig.PidsLimit).toBeLessThanOrEqual(256);
    },
  );
});

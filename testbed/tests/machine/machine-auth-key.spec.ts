import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Bed } from "../../src/bed.ts";
import { waitFor } from "../../src/lib/wait-for.ts";
import type { ControlNode } from "../../src/tailnet/control-server.ts";
import {
  devicesOf,
  machineDirectories,
  machineFault,
  machinesByKey,
  machineUp,
  noMachineState,
  shareOf,
  startOnTailnet,
} from "../fixtures/machines.ts";
import { metricValue } from "../fixtures/metrics.ts";
import { openBed } from "../fixtures/open-bed.ts";
import { liveAddress, reaches } from "../fixtures/visits.ts";

const Keys = z.array(z.object({ id: z.coerce.number() }));

describe("machines that log in by a reusable auth key", () => {
  let bed: Bed;

  beforeAll(async () => {
    bed = await openBed();
    await bed.login();
    await bed.samples.start({ name: "cred-node", http: 8080 });
    await liveAddress(bed, "name:cred-node", await bed.api.putShare("name:cred-node"));
    await machinesByKey(bed);
    await startOnTailnet(bed, "cred-one");
    await bed.api.putShare("name:cred-one");
    await machineUp(bed, "name:cred-one");
  });
  afterAll(async () => await bed?.close());

  const use = async (authKey: string) =>
    await bed.api.patchSettings({ machineCredential: { kind: "auth-key", authKey } });
  async function restGoesOn() {
    await reaches(bed.peer, await liveAddress(bed, "name:cred-node"), "cred-node says hello");
    await reaches(bed.peer, "http://cred-one.tail.test", "cred-one says hello");
    expect((await bed.api.snapshot()).node.state).toBe("connected");
  }
  async function newestKey(): Promise<number> {
    const list = await bed.tailnet.control.headscale(["preauthkeys", "list", "-o", "json"]);
    return Math.max(...Keys.parse(JSON.parse(list)).map(({ id }) => id));
  }
  async function device(name: string): Promise<ControlNode | undefined> {
    const [found, ...duplicates] = await devicesOf(bed, name);
    expect(duplicates).toEqual([]);
    return found;
  }

  it.each([
    [
      "expired",
      async (): Promise<string> => await bed.tailnet.control.createAuthKey({ expiry: "1ms" }),
      /expired/,
    ],
    [
      "revoked",
      async () => {
        const authKey = await bed.tailnet.control.createAuthKey();
        await bed.tailnet.control.headscale(["preauthkeys", "expire", "-i", String(await newestKey())]);
        return authKey;
      },
      /expired/,
    ],
    ["unknown", async (): Promise<string> => "hskey-auth-this-is-no-key-at-all", /\w/],
  ] as const)(
    "fail only the new share, with the reason, when the key is %s, and come up with a good key",
    async (kind, make, reason) => {
      const name = `cred-${kind}`;
      await use(await make());
      await startOnTailnet(bed, name);
      await bed.api.putShare(`name:${name}`);
      const fault = await machineFault(bed, `name:${name}`);
      expect(fault).toMatchObject({ code: "AUTH_KEY_REFUSED", message: expect.stringMatching(reason) });
      await restGoesOn();
      expect((await bed.api.snapshot()).alerts).toEqual([]);
      await machinesByKey(bed);
      expect(await machineUp(bed, `name:${name}`)).toMatchObject({ dnsName: `${name}.tail.test` });
      await reaches(bed.peer, `http://${name}.tail.test`, `${name} says hello`);
    },
  );

  it("keep showing the reason while they retry with growing delays", async () => {
    await use("hskey-auth-this-is-no-key-at-all");
    const failed = async () =>
      await metricValue(bed, "tailnet_share_steps_total", { kind: "machine-login", outcome: "failed" });
    const before = await failed();
    await startOnTailnet(bed, "cred-again");
    await bed.api.putShare("name:cred-again");
    await machineFault(bed, "name:cred-again");
    const states = new Set<string>();
    await waitFor(
      async () => {
        states.add(JSON.stringify(shareOf(await bed.api.snapshot(), "name:cred-again")?.exposure));
        return (await failed()) >= before + 3;
      },
      { what: "the third attempt", timeoutMs: 30_000 },
    );
    expect([...states]).toEqual([expect.stringContaining("AUTH_KEY_REFUSED")]);
    await machinesByKey(bed);
    await machineUp(bed, "name:cred-again");
  });

  it("are the same device, with name and address, when they are shared again, also under another name", async () => {
    const earlier = (await machineDirectories(bed)).length;
    await startOnTailnet(bed, "cred-back");
    await bed.api.putShare("name:cred-back");
    const before = await machineUp(bed, "name:cred-back");
    const { id } = (await device("cred-back")) ?? {};
    const forgotten = async (name: string) => {
      await bed.api.deleteShare("name:cred-back");
      await noMachineState(bed, earlier);
      // Logged out: the tailnet keeps its name, but the key has expired.
      expect((await device(name))?.expiry?.seconds).toBeLessThanOrEqual(Date.now() / 1_000);
    };
    await forgotten("cred-back");
    await bed.api.putShare("name:cred-back");
    expect(await machineUp(bed, "name:cred-back")).toEqual(before);
    await reaches(bed.peer, "http://cred-back.tail.test", "cred-back says hello");
    expect(await device("cred-back")).toMatchObject({ id, online: true });

    await forgotten("cred-back");
    await bed.api.putShare("name:cred-back", { machine: { name: "cred-else" } });
    await reaches(bed.peer, "http://cred-else.tail.test", "cred-back says hello");
    await expect
      .poll(async () => await machineUp(bed, "name:cred-back"), { timeout: 15_000 })
      .toEqual({ ...before, dnsName: "cred-else.tail.test" });
    expect(await device("cred-else")).toMatchObject({ id, online: true });
    expect(await device("cred-back")).toBeUndefined();

    await forgotten("cred-else");
    await bed.api.putShare("name:cred-back");
    await reaches(bed.peer, "http://cred-back.tail.test", "cred-back says hello");
    expect(await device("cred-back")).toMatchObject({ id, online: true });
  });

  it("are the same device after a rename is reverted, and a container with the old name meanwhile is another", async () => {
    const earlier = (await machineDirectories(bed)).length;
    await startOnTailnet(bed, "cred-first");
    await bed.api.putShare("name:cred-first");
    const before = await machineUp(bed, "name:cred-first");
    const { id } = (await device("cred-first")) ?? {};
    await bed.engine.docker(["rename", "cred-first", "cred-later"]);
    await bed.api.waitFor("the share to follow", (snapshot) => shareOf(snapshot, "name:cred-later"));
    await bed.api.deleteShare("name:cred-later");
    await startOnTailnet(bed, "cred-first");
    await bed.api.putShare("name:cred-first");
    await bed.api.putShare("name:cred-later", { mode: "machine", machine: { name: "cred-first" } });
    expect(await machineUp(bed, "name:cred-later")).toEqual(before);
    expect((await machineUp(bed, "name:cred-first")).dnsName).toBe("cred-first-2.tail.test");
    const devices = (await devicesOf(bed, "cred-first")).toSorted((a, b) => a.id - b.id);
    expect(devices).toMatchObject([{ id, given_name: "cred-first" }, { given_name: "cred-first-2" }]);
    for (const name of ["cred-first", "cred-later"]) await bed.api.deleteShare(`name:${name}`);
    await noMachineState(bed, earlier);
  });

  it("come back under their names and addresses after the device's key has expired", async () => {
    const before = await machineUp(bed, "name:cred-one");
    await bed.tailnet.control.expireNode((await device("cred-one"))?.id ?? -1);
    await waitFor(async () => shareOf(await bed.api.snapshot(), "name:cred-one")?.exposure.state !== "live", {
      what: "the expiry to be seen",
      timeoutMs: 20_000,
      everyMs: 20,
    });
    expect(await machineUp(bed, "name:cred-one")).toEqual(before);
    await restGoesOn();
    expect(await device("cred-one")).toMatchObject({ online: true });
  });

  it("come back once after their device was deleted in the control server, under the device's name there", async () => {
    await bed.tailnet.control.deleteNode((await device("cred-one"))?.id ?? -1);
    await bed.engine.docker(["restart", "-t", "1", "cred-one"]);
    const deviceIsBack = await waitFor(async () => await device("cred-one"), {
      what: "the device",
      timeoutMs: 30_000,
    });
    const up = await machineUp(bed, "name:cred-one");
    expect(deviceIsBack.ip_addresses).toContain(up.address);
    expect(up.dnsName).toBe("cred-one.tail.test");
    await restGoesOn();
    await device("cred-one");
  });

  it("leave nothing when they are unshared after their device was deleted in the control server", async () => {
    const directories = (await machineDirectories(bed)).length;
    await bed.tailnet.control.deleteNode((await device("cred-one"))?.id ?? -1);
    await bed.api.deleteShare("name:cred-one");
    await noMachineState(bed, directories - 1);
    expect(await device("cred-one")).toBeUndefined();
    expect((await bed.api.snapshot()).alerts).toEqual([]);
  });
});

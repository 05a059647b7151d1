import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Bed } from "../../src/bed.ts";
import { run } from "../../src/lib/run.ts";
import { openBed } from "../fixtures/open-bed.ts";
import { liveAddress, reaches, refused } from "../fixtures/visits.ts";

const Mounts = z.array(z.object({ Destination: z.string(), Source: z.string() }));

describe("stored files are neither lost nor half-written", () => {
  let bed: Bed;
  /** The state volume's folder on this machine. */
  let folder: string;
  let address: string;
  let kept: string;
  let other: string;

  beforeAll(async () => {
    bed = await openBed();
    expect(bed.engine.own, "this needs the volume's folder on this machine").not.toBeNull();
    const mounts = await bed.engine.docker([
      "inspect",
      "-f",
      "{{json .Mounts}}",
      bed.desktop.backend.containerId,
    ]);
    const state = Mounts.parse(JSON.parse(mounts)).find(
      ({ Destination }) => Destination === "/var/lib/tailnet-share",
    );
    folder = state?.Source ?? "";
    await bed.login();
    [kept, other] = [`kept-${bed.id}`, `other-${bed.id}`];
    for (const name of [kept, other]) await bed.samples.start({ name, http: 8080 });
    address = await liveAddress(bed, `name:${kept}`, await bed.api.putShare(`name:${kept}`));
    await reaches(bed.peer, address, `${kept} says hello`);
  });
  afterAll(async () => await bed?.close());

  const file = (name = "shares.json") => join(folder, name);
  const setAside = async () =>
    (await readdir(folder)).filter(
      (name) => /^shares\./.test(name) && !/^shares(\.last-good)?\.json$/.test(name),
    );
  const storeAlerts = ({ alerts }: Snapshot) =>
    alerts.filter(({ code, message }) => code === "STORE_DAMAGED" && message.includes("shares"));

  /** Stops the backend, changes its files, and starts it. Returns its snapshot once the share is live again. */
  async function startedAfter(change: () => Promise<unknown>): Promise<Snapshot> {
    await bed.desktop.backend.stop();
    await change();
    await bed.desktop.backend.start();
    expect(await liveAddress(bed, `name:${kept}`, undefined, 60_000)).toBe(address);
    await reaches(bed.peer, address, `${kept} says hello`, 60_000);
    return await bed.api.snapshot();
  }

  it("sets a damaged file aside, names it in the panel, and keeps the shares [S111]", async () => {
    const whole = await readFile(file());
    const damaged = whole.subarray(0, whole.length / 2);
    const snapshot = await startedAfter(async () => await writeFile(file(), damaged));
    const [damagedFile = "", ...others] = await setAside();
    expect(others).toEqual([]);
    expect(storeAlerts(snapshot)).toMatchObject([
      {
        message: expect.stringMatching(new RegExp(`moved to ${damagedFile}; the copy from 20.* is in use`)),
      },
    ]);
    expect(await readFile(file(damagedFile))).toEqual(damaged);
    expect(await readFile(file())).toEqual(whole);
  });

  it("shows the alert about a damaged file until something is stored, and keeps that file", async () => {
    expect(storeAlerts(await startedAfter(async () => {}))).toHaveLength(1);
    await bed.api.putShare(`name:${other}`);
    await bed.api.deleteShare(`name:${other}`);
    expect(storeAlerts(await startedAfter(async () => {}))).toEqual([]);
    expect(await setAside()).toHaveLength(1);
    for (const name of await setAside()) await rm(file(name));
  });

  it("detects a single changed bit", async () => {
    const whole = await readFile(file(), "utf8");
    const changed = whole.replace(/"nodePort": 8080/, '"nodePort": 8081');
    expect(changed).not.toBe(whole);
    const snapshot = await startedAfter(async () => await writeFile(file(), changed));
    expect(storeAlerts(snapshot)).toHaveLength(1);
    for (const name of await setAside()) await rm(file(name));
  });

  it("keeps a file of a newer release, and the panel says to update [S112]", async () => {
    const newer = '{"version":99,"everything":"different"}';
    const snapshot = await startedAfter(async () => await writeFile(file(), newer));
    const [asideName = ""] = await setAside();
    expect(storeAlerts(snapshot)).toMatchObject([
      {
        message: expect.stringContaining(`written by a newer release. It was moved to ${asideName}`),
        hint: expect.stringContaining("Update Tailnet Share"),
      },
    ]);
    expect(await readFile(file(asideName), "utf8")).toBe(newer);
    await rm(file(asideName));
  });

  it("reads a file of the first release", async () => {
    const Stored = z.object({ shares: z.array(z.looseObject({})) });
    const { shares } = Stored.parse(JSON.parse(await readFile(file(), "utf8")));
    const first = { version: 1, shares: shares.map(({ machine: _, ...share }) => share) };
    const snapshot = await startedAfter(async () => {
      await rm(file("shares.last-good.json"));
      await writeFile(file(), `${JSON.stringify(first, null, 2)}\n`);
    });
    expect(storeAlerts(snapshot)).toEqual([]);
    expect(await setAside()).toEqual([]);
  });

  it("does not overwrite what another copy of the extension wrote [S113]", async () => {
    const whole = await readFile(file(), "utf8");
    // Writes as another program does: a new file, renamed into place.
    const foreign = whole.replace(/\n$/, "\n\n");
    await writeFile(file("foreign"), foreign);
    await run(["mv", file("foreign"), file()]);
    await expect(bed.api.putShare(`name:${other}`)).rejects.toMatchObject({
      status: 507,
      fault: { code: "STORE_UNWRITABLE", hint: expect.stringContaining("another copy of Tailnet Share") },
    });
    expect(await readFile(file(), "utf8")).toBe(foreign);
    await reaches(bed.peer, address, `${kept} says hello`);
    expect(storeAlerts(await startedAfter(async () => {}))).toEqual([]);
  });

  describe("on a separate disk", () => {
    beforeAll(async () => {
      await startedAfter(async () => {
        const copy = `${folder}-${bed.id}`;
        await cp(folder, copy, { recursive: true, preserveTimestamps: true });
        await run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=700", `bed-${bed.id}`, folder]);
        await run(["cp", "-a", `${copy}/.`, folder]);
        await rm(copy, { recursive: true });
      });
    });
    // The share goes with the disk; the bed removes the rest.
    afterAll(async () => {
      await bed.desktop.backend.stop();
      await run(["umount", folder]);
    });

    async function expectRefused(change: () => Promise<Snapshot>, reason: string): Promise<void> {
      const before = await readFile(file());
      await expect(change()).rejects.toMatchObject({
        status: 507,
        fault: { code: "STORE_UNWRITABLE", message: `shares.json cannot be written: ${reason}.` },
      });
      expect(await readFile(file())).toEqual(before);
      expect(await setAside()).toEqual([]);
    }

    /** Call it again after writes that freed space. */
    async function fill(): Promise<void> {
      await run(["sh", "-c", 'cat /dev/zero >> "$1" 2>/dev/null || true', "sh", file("filler")]);
    }

    /** Ends a share after a moment and fills the disk before that. Retries with more time on a busy machine. */
    async function fillBeforeTheEndOf(workload: string): Promise<void> {
      for (const ms of [4_000, 12_000, 36_000]) {
        const until = Date.now() + ms;
        await bed.api.putShare(workload, { until: new Date(until).toISOString() });
        await fill();
        if (Date.now() < until) return;
        await rm(file("filler"));
      }
      throw new Error("the disk could not be filled in time");
    }

    it("refuses a change on a full disk, leaves nothing half-written, and keeps the shares", async () => {
      await fill();
      await expectRefused(async () => await bed.api.putShare(`name:${other}`), "ENOSPC");
      await expectRefused(async () => await bed.api.deleteShare(`name:${kept}`), "ENOSPC");
      const { workloads } = await bed.api.snapshot();
      expect(workloads.filter(({ share }) => share !== null).map(({ name }) => name)).toEqual([kept]);
      await reaches(bed.peer, address, `${kept} says hello`);
      await rm(file("filler"));
      await liveAddress(bed, `name:${other}`, await bed.api.putShare(`name:${other}`));
    });

    it("closes a share at its end time on a full disk, and the other shares follow their containers", async () => {
      const ending = await liveAddress(bed, `name:${other}`);
      await reaches(bed.peer, ending, `${other} says hello`);
      await fillBeforeTheEndOf(`name:${other}`);
      const exposureOf = ({ workloads }: Snapshot, name: string) =>
        workloads.find(({ id }) => id === `name:${name}`)?.share?.exposure;
      const exposure = async () => {
        await fill();
        return exposureOf(await bed.api.snapshot(), other);
      };
      await expect
        .poll(exposure, { timeout: 30_000 })
        .toMatchObject({ state: "failed", fault: { code: "STORE_UNWRITABLE" } });
      await refused(bed.peer, ending);
      // Another container gets the address of the remaining one.
      await bed.engine.docker(["stop", "-t", "1", kept]);
      await bed.samples.start({ name: `thief-${bed.id}`, http: 8080 });
      await bed.engine.docker(["start", kept]);
      await reaches(bed.peer, address, `${kept} says hello`);
      await rm(file("filler"));
      await bed.api.waitFor("its end to be stored", (snapshot) => exposureOf(snapshot, other) === undefined);
      await bed.samples.remove(`thief-${bed.id}`);
    });

    it("refuses a change on a read-only disk, and works again when it is writable", async () => {
      await run(["mount", "-o", "remount,ro", folder]);
      try {
        await expectRefused(async () => await bed.api.deleteShare(`name:${kept}`), "EROFS");
        await reaches(bed.peer, address, `${kept} says hello`);
      } finally {
        await run(["mount", "-o", "remount,rw", folder]);
      }
      await bed.api.deleteShare(`name:${kept}`);
      await refused(bed.peer, address);
      await bed.api.putShare(`name:${kept}`);
      await reaches(bed.peer, address, `${kept} says hello`);
    });

    it("starts with a damaged file on a read-only disk, keeps the shares, and reports both", async () => {
      const snapshot = await startedAfter(async () => {
        await writeFile(file(), "damaged");
        await run(["mount", "-o", "remount,ro", folder]);
      });
      expect(storeAlerts(snapshot)).toMatchObject([
        { message: expect.stringContaining("could not be moved away (EROFS), so nothing can be changed") },
      ]);
      const restored = await startedAfter(async () => await run(["mount", "-o", "remount,rw", folder]));
      const [asideName = ""] = await setAside();
      expect(storeAlerts(restored)).toMatchObject([
        { message: expect.stringContaining(`moved to ${asideName}`) },
      ]);
      expect(await readFile(file(asideName), "utf8")).toBe("damaged");
    });
  });
});

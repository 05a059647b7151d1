import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Api, ApiError, createApi } from "../../src/api.ts";
import type { Bed } from "../../src/bed.ts";
import { type Desktop, installExtension } from "../../src/desktop/desktop.ts";
import { newBedId } from "../../src/lib/bed-id.ts";
import { sweepBed } from "../../src/lib/sweep.ts";
import { waitFor } from "../../src/lib/wait-for.ts";
import type { LoginServer } from "../../src/tailnet/login-server.ts";
import { machineUp, openMachineBed, startOnTailnet } from "../fixtures/machines.ts";
import { openBed, openTailscaleBed } from "../fixtures/open-bed.ts";
import { liveAddress, reaches } from "../fixtures/visits.ts";

const PASSPHRASE = "correct horse battery staple";
const WEB = "name:backup-web";
const OWN = "name:backup-own";
/** Settings that differ from the defaults. */
const CHOSEN = { oneClick: "node", machineNames: "project-service", updateNotices: "security" } as const;

describe.each([
  ["Headscale", openBed],
  ["a control server like Tailscale's own", openTailscaleBed],
])("a backup, restored on another machine with %s", (_server, openOn: () => Promise<Bed<LoginServer>>) => {
  let bed: Bed<LoginServer>;
  /** The other machine: a separate installation with its own volume. */
  let other: Desktop;
  let api: Api;
  const otherId = newBedId();
  let addressOfWeb: string;
  let addressOfOwn: string;
  let backup: unknown;

  beforeAll(async () => {
    bed = await openMachineBed(openOn);
    await bed.samples.start({ name: "backup-web", http: 8080 });
    await startOnTailnet(bed, "backup-own");
    await bed.api.patchSettings(CHOSEN);
    addressOfWeb = await liveAddress(bed, WEB, await bed.api.putShare(WEB, { mode: "node" }));
    await bed.api.putShare(OWN, { mode: "machine" });
    addressOfOwn = (await machineUp(bed, OWN)).address;
    other = await installExtension(bed.engine, {
      bedId: otherId,
      network: bed.tailnet.network.name,
      surroundings: bed.tailnet.control.surroundings,
      image: bed.images.product,
      nodeImage: bed.images.node,
    });
    api = createApi(other.page);
    const { control } = bed.tailnet;
    await api.patchSettings({ authorities: control.surroundings.authority ?? "" });
    const address = control.loginUrl === null ? {} : { controlUrl: control.loginUrl };
    await api.login({ authKey: await control.createAuthKey(), ...address, hostname: "new-machine" });
    await api.waitFor("the other node to be connected", ({ node }) => node.state === "connected", 60_000);
  });
  afterAll(async () => {
    await other?.extension.close();
    if (bed === undefined) return;
    await sweepBed(bed.engine, otherId);
    await bed.close();
  });

  const settingsOf = async ({ raw }: Api) => await raw({ method: "GET", url: "/settings" });
  const restore = async (passphrase?: string) =>
    await api.raw({ method: "POST", url: "/restore", data: { backup, passphrase } });
  const refusal = async (passphrase?: string) =>
    await restore(passphrase).then(
      () => null,
      (error: unknown) =>
        error instanceof ApiError ? (error.fault?.message ?? error.message) : String(error),
    );

  it("holds no key that could be read, and none at all without a passphrase [S114]", async () => {
    const plain = await bed.api.raw({ method: "POST", url: "/backup", data: {} });
    expect(plain).toMatchObject({ device: "docker", identities: null });
    backup = await bed.api.raw({ method: "POST", url: "/backup", data: { passphrase: PASSPHRASE } });
    expect(JSON.stringify(backup)).not.toMatch(/privkey|nodekey|_machinekey|authkey/i);
  });

  it("refuses to restore while the first machine still runs, and changes nothing", async () => {
    expect(await refusal("another passphrase")).toMatch("passphrase does not open");
    expect(await refusal(PASSPHRASE)).toBe(
      "docker is still online: the machine that was backed up still runs.",
    );
    const { node, workloads } = await api.snapshot();
    expect(node).toMatchObject({ state: "connected", name: "new-machine" });
    expect(workloads.filter(({ share }) => share !== null)).toEqual([]);
    expect(await settingsOf(api)).toMatchObject({ oneClick: "auto", hostname: "new-machine" });
    await reaches(bed.peer, addressOfWeb, "backup-web says hello");
  });

  it("restores the node, the machine and the shares under their names and addresses, without duplicates", async () => {
    await bed.desktop.uninstall();
    const restored = async () => {
      const { fault } = (await restore(PASSPHRASE).catch((error: unknown) => error)) as Partial<ApiError>;
      if (fault) throw new Error(fault.message);
      return true;
    };
    await waitFor(restored, { what: "the tailnet to say that the first machine is gone", timeoutMs: 60_000 });
    await api.waitFor(
      "the other machine to be the first",
      ({ node }) => node.state === "connected" && node.name === "docker",
      60_000,
    );
    expect((await machineUp({ api }, OWN, 60_000)).address).toBe(addressOfOwn);
    expect(await liveAddress({ api }, WEB, undefined, 60_000)).toBe(addressOfWeb);
    await reaches(bed.peer, addressOfWeb, "backup-web says hello");
    await reaches(bed.peer, "http://backup-own.tail.test", "hello");
    expect(await settingsOf(api)).toMatchObject({ ...CHOSEN, hostname: "docker" });
    expect(await bed.tailnet.control.loggedIn()).toEqual(["backup-own", "docker", "phone"]);
  });

  it("restores the shares of this node when the backup has no identities", async () => {
    await api.deleteShares();
    await api.patchSettings({ oneClick: "machine", machineNames: "service", updateNotices: "none" });
    await restore();
    expect(await settingsOf(api)).toMatchObject({ ...CHOSEN, hostname: "docker" });
    expect(await liveAddress({ api }, WEB, undefined, 60_000)).toBe(addressOfWeb);
    await machineUp({ api }, OWN, 60_000);
  });
});

import { faultOf } from "@tailnet-share/contract/check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import { waitFor } from "../../src/lib/wait-for.ts";
import {
  approvalLink,
  devicesOf,
  machineContainers,
  machineUp,
  noMachineState,
  noMachines,
  shareOf,
  startOnTailnet,
} from "../fixtures/machines.ts";
import { openBed } from "../fixtures/open-bed.ts";
import { reaches } from "../fixtures/visits.ts";

describe("machines without a credential", () => {
  let bed: Bed;

  beforeAll(async () => {
    bed = await openBed();
    await bed.login();
    for (const name of ["appr-one", "appr-two", "appr-three", "appr-never"]) await startOnTailnet(bed, name);
  });
  afterAll(async () => await bed?.close());

  const share = async (name: string) => await bed.api.putShare(`name:${name}`, { mode: "machine" });
  const link = async (name: string, options: Parameters<typeof approvalLink>[2] = {}) =>
    await approvalLink(bed, `name:${name}`, options);
  async function answers(name: string) {
    expect(await machineUp(bed, `name:${name}`)).toMatchObject({ dnsName: `${name}.tail.test` });
    await reaches(bed.peer, `http://${name}.tail.test`, `${name} says hello`);
  }

  it("get a link each within seconds, and wait", async () => {
    await share("appr-one");
    const loginLink = await link("appr-one", { timeoutMs: 5_000 });
    await share("appr-two");
    const two = await link("appr-two", { timeoutMs: 5_000 });
    for (const url of [loginLink, two]) expect(url).toMatch(`${bed.tailnet.control.url}/register/`);
    expect(loginLink).not.toBe(two);
    expect(shareOf(await bed.api.snapshot(), "name:appr-one")?.machine).toMatchObject({
      name: "appr-one",
      dnsName: "appr-one.tail.test",
      addresses: [],
    });
    expect(await devicesOf(bed, "appr-one")).toEqual([]);
    expect(faultOf(await bed.api.check("name:appr-one"))).toMatchObject({ code: "NODE_OFFLINE" });
  });

  it("keep the same link until it is used", async () => {
    const before = await link("appr-one");
    await bed.api.putShare("name:appr-one", { machine: { reachTailnet: false } });
    await startOnTailnet(bed, "appr-neighbour");
    await bed.api.putShare("name:appr-neighbour", { mode: "node", ports: [{ port: 80, protocol: "tcp" }] });
    expect(await link("appr-one")).toBe(before);
  });

  it("come up under their names when their link is opened, while the other keeps waiting", async () => {
    const waiting = await link("appr-two");
    await bed.tailnet.control.finishLogin(await link("appr-one"));
    await answers("appr-one");
    expect(await link("appr-two")).toBe(waiting);
  });

  it("have no link in the diagnostics", async () => {
    await link("appr-two");
    expect(JSON.stringify(await bed.api.diagnostics())).not.toContain("/register/");
  });

  it("get a working link after a restart of the backend, and approved machines stay", async () => {
    await bed.desktop.backend.restart();
    await answers("appr-one");
    await bed.tailnet.control.finishLogin(await link("appr-two", { timeoutMs: 20_000 }));
    await answers("appr-two");
  });

  it("get a working link after the backend was killed", async () => {
    await share("appr-three");
    await link("appr-three");
    const starts = await bed.desktop.backend.startCount();
    await bed.desktop.backend.kill();
    await waitFor(async () => (await bed.desktop.backend.startCount()) > starts, {
      what: "the backend to be started again",
      timeoutMs: 20_000,
    });
    await answers("appr-one");
    await bed.tailnet.control.finishLogin(await link("appr-three", { timeoutMs: 20_000 }));
    await answers("appr-three");
  });

  it("ask for a new login when one has expired, which brings them back under their names and addresses", async () => {
    const before = await machineUp(bed, "name:appr-two");
    const [device] = await devicesOf(bed, "appr-two");
    await bed.tailnet.control.expireNode(device?.id ?? -1);
    await bed.tailnet.control.finishLogin(await link("appr-two", { timeoutMs: 20_000 }));
    expect(await machineUp(bed, "name:appr-two")).toEqual(before);
    expect(await devicesOf(bed, "appr-two")).toHaveLength(1);
  });

  it("leave nothing when they are unshared while they wait", async () => {
    await share("appr-never");
    await link("appr-never");
    await bed.api.deleteShare("name:appr-never");
    await noMachineState(bed, 3);
    expect(await machineContainers(bed)).toHaveLength(3);
    expect(await devicesOf(bed, "appr-never")).toEqual([]);
  });

  it("are logged out when they are unshared: no container, no state, no valid device", async () => {
    const names = ["appr-one", "appr-two", "appr-three"];
    for (const name of names) await bed.api.deleteShare(`name:${name}`);
    await noMachines(bed);
    await noMachineState(bed);
    for (const name of names) {
      const [device, ...duplicates] = await devicesOf(bed, name);
      expect(duplicates).toEqual([]);
      expect((device?.expiry?.seconds ?? Number.POSITIVE_INFINITY) * 1_000).toBeLessThanOrEqual(Date.now());
    }
    expect((await bed.api.snapshot()).alerts).toEqual([]);
  });
});

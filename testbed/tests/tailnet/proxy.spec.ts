import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import { machinesByKey, machineUp, startOnTailnet } from "../fixtures/machines.ts";
import { openBed } from "../fixtures/open-bed.ts";
import { reaches } from "../fixtures/visits.ts";
import {
  type Authority,
  BEYOND,
  type ProxyServer,
  startEncryptedControl,
  startProxy,
} from "./control-stand-ins.ts";

describe("a control server that is only reachable through a proxy", () => {
  let bed: Bed;
  let around: { readonly control: Authority; readonly proxy: ProxyServer } | null = null;

  beforeAll(async () => {
    bed = await openBed({
      env: async (plain) => {
        around = { control: await startEncryptedControl(plain), proxy: await startProxy(plain) };
        return { HTTPS_PROXY: around.proxy.url, NO_PROXY: "172.30.0.0/16" };
      },
    });
  });
  afterAll(async () => await bed?.close());

  it("logs in node and machine through it, and both are reached", async () => {
    if (around === null) throw new Error("no proxy");
    const { control, proxy } = around;
    await bed.api.patchSettings({ authorities: control.certificate });
    const controlUrl = control.url.replace(/\/\/[\d.]+/, `//${BEYOND}`);
    const target = new URL(controlUrl).host;
    await bed.api.login({
      authKey: await bed.tailnet.control.createAuthKey(),
      controlUrl,
      hostname: "docker",
    });
    await bed.api.waitFor("the node", ({ node }) => node.state === "connected", 60_000);
    const byNode = (await proxy.asked()).filter((address) => address === target).length;
    expect(byNode).toBeGreaterThan(0);
    await machinesByKey(bed);
    await startOnTailnet(bed, "px-web");
    await bed.api.putShare("name:px-web", { mode: "machine" });
    await machineUp(bed, "name:px-web", 60_000);
    expect((await proxy.asked()).filter((address) => address === target).length).toBeGreaterThan(byNode);
    await reaches(bed.peer, "http://px-web.tail.test", "px-web says hello");
  });
});

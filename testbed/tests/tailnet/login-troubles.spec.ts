import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import { machineFault, machinesByKey, machineUp, startOnTailnet } from "../fixtures/machines.ts";
import { openBed } from "../fixtures/open-bed.ts";
import { type Authority, BEYOND, startEncryptedControl, startWebServer } from "./control-stand-ins.ts";

/** Our own probe of the control server reports it before tailscaled does. Milliseconds. */
const SAID_WITHIN_MS = 15_000;

describe("a login that does not succeed", () => {
  let bed: Bed;
  let authKey: string;
  let encrypted: Authority;

  beforeAll(async () => {
    bed = await openBed();
    authKey = await bed.tailnet.control.createAuthKey();
    encrypted = await startEncryptedControl(bed, ["--network-alias", BEYOND]);
  });
  afterAll(async () => await bed?.close());

  async function faultAt(controlUrl: string, byKey: boolean) {
    await bed.api.login({ controlUrl, hostname: "docker", ...(byKey ? { authKey } : {}) });
    const fault = await bed.api.waitFor(
      "the reason",
      ({ node }) => (node.state === "logged-out" ? node.fault : null),
      SAID_WITHIN_MS,
    );
    await bed.api.cancelLogin();
    return fault;
  }

  it.each([
    ["404 and nothing else", 404, ""],
    ["a page", 200, "<html><body>Welcome to nginx!</body></html>"],
    ["a refusal", 403, "Forbidden"],
  ])(
    "says that an address that answers %s is no control server, by key and by link",
    async (_case, status, body) => {
      const url = await startWebServer(bed, status, body);
      for (const byKey of [true, false]) {
        const fault = await faultAt(url, byKey);
        expect(fault).toMatchObject({
          code: "NOT_A_CONTROL_SERVER",
          message: expect.stringContaining(new URL(url).host),
        });
        expect(JSON.stringify(fault)).not.toMatch(/key|link/i);
      }
    },
  );

  it("says that a certificate is not trusted; node and machine log in when its authority is added in the settings", async () => {
    const { url, certificate } = encrypted;
    expect(await faultAt(url, true)).toMatchObject({
      code: "CONTROL_CERTIFICATE",
      message: expect.stringContaining("not trusted"),
      hint: expect.stringContaining("settings"),
    });
    const { settings } = await bed.api.patchSettings({ authorities: certificate });
    expect(settings.authorities).toMatchObject([{ name: "Bed's own authority" }]);
    await bed.api.login({ authKey, controlUrl: url, hostname: "docker" });
    await bed.api.waitFor("the node behind TLS", ({ node }) => node.state === "connected", 60_000);
    await machinesByKey(bed);
    await startOnTailnet(bed, "lt-tls");
    await bed.api.putShare("name:lt-tls", { mode: "machine" });
    await machineUp(bed, "name:lt-tls", 60_000);
    await bed.api.deleteShare("name:lt-tls");
    await bed.api.logout();
    await bed.api.patchSettings({ authorities: "" });
    expect(await faultAt(url, true)).toMatchObject({ code: "CONTROL_CERTIFICATE" });
  });

  it("says that DNS does not know a control server's name", async () => {
    expect(await faultAt("http://no-such-control.invalid:8080", true)).toMatchObject({
      code: "CONTROL_NAME_UNKNOWN",
      message: expect.stringContaining("no-such-control.invalid"),
    });
  });

  it("says that nobody answers, without blaming the key, when packets are dropped", async () => {
    const fault = await faultAt(`http://${bed.tailnet.network.deadEnd}:8080`, true);
    expect(fault.code).toBe("CONTROL_UNREACHABLE");
    expect(JSON.stringify(fault)).not.toMatch(/key/i);
  });

  describe("of a machine", () => {
    beforeAll(async () => {
      await bed.login();
      await machinesByKey(bed);
    });

    it("says that the container's network cannot reach the control server, and comes up when it is connected to one that can", async () => {
      await bed.samples.createNetwork("lt-far");
      await bed.samples.start({ name: "lt-far", http: 80, networks: ["lt-far"] });
      await bed.api.putShare("name:lt-far", { mode: "machine" });
      const fault = await machineFault(bed, "name:lt-far", 40_000);
      expect(fault).toMatchObject({
        code: "NETWORK_CUT_OFF",
        message: expect.stringContaining(new URL(bed.tailnet.control.url).host),
        hint: expect.stringContaining("on the node"),
      });
      expect(JSON.stringify(fault)).not.toMatch(/key/i);
      await bed.engine.docker(["network", "connect", bed.tailnet.network.name, "lt-far"]);
      await machineUp(bed, "name:lt-far", 60_000);
      await bed.api.deleteShare("name:lt-far");
    });

    it("says that the container's DNS does not know the control server, and offers the node", async () => {
      await bed.api.logout();
      await bed.api.patchSettings({ authorities: encrypted.certificate });
      const controlUrl = encrypted.url.replace(/\/\/[\d.]+/, `//${BEYOND}`);
      await bed.api.login({ authKey, controlUrl, hostname: "docker" });
      await bed.api.waitFor("the node by name", ({ node }) => node.state === "connected", 60_000);
      const { id } = await startOnTailnet(bed, "lt-dns");
      // Simulates a resolver that names itself as its DNS server: nothing answers there.
      await bed.engine.docker(["exec", "-u", "0", id, "node", "-e", DEAD_DNS]);
      await bed.api.putShare("name:lt-dns", { mode: "machine" });
      expect(await machineFault(bed, "name:lt-dns", 40_000)).toMatchObject({
        code: "CONTROL_NAME_UNKNOWN",
        message: expect.stringContaining("This container's DNS"),
        hint: expect.stringContaining("on the node"),
      });
    });
  });
});

const DEAD_DNS = 'require("fs").writeFileSync("/etc/resolv.conf", "nameserver 192.0.2.53\\n")';

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import { nft } from "../fixtures/namespaces.ts";
import { openBed } from "../fixtures/open-bed.ts";
import { liveAddress, reaches, refused, shareSample } from "../fixtures/visits.ts";

const TRUE_WITHIN_MS = 5_000;
const BACK_WITHIN_MS = 30_000;
/** tailscaled reports a lost relay only after ten seconds. Source: `health/warnings.go`. */
const RELAY_TOLD_MS = 20_000;
/** A hanging server is probed every nine seconds, with two tries of three seconds each. */
const HANGING_TOLD_MS = 20_000;

/** Remaining time for everything to recover, counted from the end of the fault. Milliseconds. */
function backBy(): () => number {
  const end = Date.now() + BACK_WITHIN_MS;
  return () => Math.max(1, end - Date.now());
}

/** Packets to the control server's container; the relay shares its port. */
const chain = (rules: string): string => `table inet fault {
  chain input {
    type filter hook input priority 0; policy accept;
    ${rules}
  }
}`;
/** `GET /derp`, as the first bytes of a connection. */
const NO_RELAY = chain(`tcp dport 8080 @ih,0,72 0x474554202f64657270 reject with tcp reset
    udp dport 3478 drop`);
const WHOLE = "delete table inet fault";

describe("a control server that breaks", () => {
  let bed: Bed;
  let address: string;

  beforeAll(async () => {
    bed = await openBed();
    await bed.login();
    address = await shareSample(bed, "ft-app");
    // The bed's relay runs in the control server, so only devices with a direct connection can do without it.
    const argv = ["tailscale", "ping", "--until-direct", "-c", "30", new URL(address).hostname];
    expect((await bed.peer.exec(argv, { timeoutMs: 40_000 })).code).toBe(0);
  });
  afterAll(async () => await bed?.close());

  const control = () => bed.tailnet.control;

  /** Waits for something in the snapshot, and reports how long that took. */
  async function within<T>(
    what: string,
    ms: number,
    probe: Parameters<typeof bed.api.waitFor<T>>[1],
  ): Promise<T> {
    const began = Date.now();
    const value = await bed.api.waitFor(what, probe, ms);
    console.info(`${what}: ${Date.now() - began} ms`);
    return value;
  }

  async function alerted(code: string, wanted: boolean, ms: number): Promise<void> {
    await within(
      `${code} ${wanted ? "told" : "taken back"}`,
      ms,
      ({ alerts }) => alerts.some((alert) => alert.code === code) === wanted,
    );
  }

  /** Checks that the node is on the tailnet once, under its previous name, with its shares. */
  async function expectRecovered(remainingMs = backBy()): Promise<void> {
    await within("the node back", remainingMs(), ({ node }) => node.state === "connected");
    const address = await liveAddress(bed, "name:ft-app", undefined, remainingMs());
    await reaches(bed.peer, address, "ft-app says hello", remainingMs());
    // The other device may continue with stale data while the login is still being answered.
    await expect
      .poll(async () => await control().loggedIn(), { timeout: remainingMs() })
      .toEqual(["docker", "phone"]);
  }

  async function node() {
    const found = (await control().listNodes()).find(({ given_name }) => given_name === "docker");
    if (found === undefined) throw new Error("the control server does not know the node");
    return found;
  }

  async function loggedInAnew(): Promise<void> {
    const authKey = await control().createAuthKey();
    await bed.api.login({ authKey, controlUrl: control().url, hostname: "docker" });
    await expectRecovered();
  }

  it("stops: reported in time, shares stay reachable, and the alert clears when it is back", async () => {
    await control().stop();
    try {
      await alerted("CONTROL_UNREACHABLE", true, TRUE_WITHIN_MS);
      await reaches(bed.peer, address, "ft-app says hello");
    } finally {
      await control().start();
    }
    const remainingMs = backBy();
    await alerted("CONTROL_UNREACHABLE", false, remainingMs());
    await expectRecovered(remainingMs);
  });

  it("hangs: reported in time, shares stay reachable, and can be changed", async () => {
    await bed.engine.docker(["pause", control().containerId]);
    const began = Date.now();
    try {
      await reaches(bed.peer, address, "ft-app says hello");
      await bed.api.deleteShare("name:ft-app");
      await refused(bed.peer, address);
      expect(await liveAddress(bed, "name:ft-app", await bed.api.putShare("name:ft-app"))).toBe(address);
      await reaches(bed.peer, address, "ft-app says hello");
      await alerted("CONTROL_UNREACHABLE", true, HANGING_TOLD_MS - (Date.now() - began));
    } finally {
      await bed.engine.docker(["unpause", control().containerId]);
    }
    const remainingMs = backBy();
    await alerted("CONTROL_UNREACHABLE", false, remainingMs());
    await expectRecovered(remainingMs);
  });

  it("loses its relay: reported, direct paths continue, and the alert clears when it is back", async () => {
    const { containerId } = control();
    await nft(bed, containerId, ["-f", "-"], NO_RELAY);
    try {
      // Breaks the existing connection, too.
      const cut = await bed.desktop.backend.exec(["tailscale", "debug", "break-derp-conns"]);
      expect(cut.code, cut.stderr).toBe(0);
      await alerted("TAILNET_HEALTH", true, RELAY_TOLD_MS);
      await reaches(bed.peer, address, "ft-app says hello");
    } finally {
      await nft(bed, containerId, ["-f", "-"], WHOLE);
    }
    const remainingMs = backBy();
    await alerted("TAILNET_HEALTH", false, remainingMs());
    await expectRecovered(remainingMs);
  });

  it("expires the node's key: reported in time, and a login brings everything back", async () => {
    await control().expireNode((await node()).id);
    await within("the expiry told", TRUE_WITHIN_MS, (candidate) => candidate.node.state === "expired");
    await loggedInAnew();
  });

  it("deletes the node: reported in time, and a login brings everything back", async () => {
    await control().deleteNode((await node()).id);
    // Headscale leaves a deleted device's connection open but silent, and refuses its next one.
    await control().stop();
    await control().start();
    await within("that it is lost", BACK_WITHIN_MS, (candidate) => candidate.node.state === "expired");
    await loggedInAnew();
  });

  it("logs the node out: reported in time, and a login brings everything back", async () => {
    const { code } = await bed.desktop.backend.exec(["tailscale", "logout"]);
    expect(code).toBe(0);
    await within("the logout told", TRUE_WITHIN_MS, (candidate) => candidate.node.state === "logged-out");
    const { workloads } = await bed.api.snapshot();
    expect(workloads.find(({ id }) => id === "name:ft-app")?.share?.exposure).toEqual({
      state: "waiting",
      reason: "node-offline",
    });
    await loggedInAnew();
  });

  it.each([
    ["revoked", async () => await revokedKey()],
    ["used up", async () => await usedKey()],
  ])("refuses a key that is %s: reported in time, and another one works", async (_what, makeKey) => {
    await bed.api.logout();
    const authKey = await makeKey();
    await bed.api.login({ authKey, controlUrl: control().url, hostname: "docker" });
    const fault = await within("the refusal told", TRUE_WITHIN_MS, (candidate) =>
      candidate.node.state === "logged-out" ? candidate.node.fault : null,
    );
    expect(fault.code).toBe("AUTH_KEY_REFUSED");
    expect(JSON.stringify(fault)).not.toContain(authKey);
    await bed.api.cancelLogin();
    await loggedInAnew();
  });

  async function revokedKey(): Promise<string> {
    const authKey = await control().createAuthKey();
    const list = JSON.parse(await control().headscale(["preauthkeys", "list", "-o", "json"])) as {
      id: number;
      key: string;
    }[];
    const id = Math.max(...list.map((key) => Number(key.id)));
    await control().headscale(["preauthkeys", "expire", "-i", String(id)]);
    return authKey;
  }

  async function usedKey(): Promise<string> {
    const authKey = await control().createAuthKey({ reusable: false });
    await bed.api.login({ authKey, controlUrl: control().url, hostname: "docker" });
    await expectRecovered();
    await bed.api.logout();
    return authKey;
  }

  it("is gone when the extension starts, and for a while: the node waits, and connects when it is back", async () => {
    await control().stop();
    try {
      await bed.desktop.backend.restart();
      await within("that it waits", 15_000, (candidate) => candidate.node.state === "connecting");
      await alerted("CONTROL_UNREACHABLE", true, TRUE_WITHIN_MS + 2_000);
      const { workloads } = await bed.api.snapshot();
      expect(workloads.find(({ id }) => id === "name:ft-app")?.share?.exposure).toEqual({
        state: "waiting",
        reason: "node-offline",
      });
    } finally {
      await control().start();
    }
    await expectRecovered();
    await alerted("CONTROL_UNREACHABLE", false, TRUE_WITHIN_MS);
  });
});

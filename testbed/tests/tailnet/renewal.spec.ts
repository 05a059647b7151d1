import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Bed } from "../../src/bed.ts";
import { waitFor } from "../../src/lib/wait-for.ts";
import { openBed } from "../fixtures/open-bed.ts";
import { keepVisiting, liveAddress, reaches, shareSample, type Visiting } from "../fixtures/visits.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;
const Keys = z.array(z.object({ id: z.coerce.number(), given_name: z.string(), node_key: z.string() }));

const Handshakes = z.object({ Peer: z.record(z.string(), z.object({ LastHandshake: z.string() })) });

describe("key renewal and expiry, over the API", () => {
  let bed: Bed;
  let address: string;

  beforeAll(async () => {
    bed = await openBed();
    await bed.login();
    address = await shareSample(bed, "kept");
  });
  afterAll(async () => await bed?.close());

  /** The longest pause of a visit during each renewal, in seconds. */
  const pauses: number[] = [];

  /** Outlasts WireGuard's handshake retry after five seconds. */
  const visitsGoOn = () => keepVisiting(bed.peer, address, 1, 8);

  /**
   * Call it after a renewal. Continues the visits until the phone has completed a handshake with the node's new key, which is shown up to a
   * second before it is used. Returns the number of visits.
   */
  async function noneFailed(visiting: Visiting): Promise<number> {
    const { node_key: key } = await ownNode();
    await waitFor(
      async () => {
        const { stdout } = await bed.peer.exec(["tailscale", "status", "--json"]);
        const { Peer } = Handshakes.parse(JSON.parse(stdout));
        return Date.parse(Peer[key]?.LastHandshake ?? "") > 0;
      },
      { what: "the phone to reach the node by its new key", timeoutMs: 20_000 },
    );
    const visits = (await visiting.stop()).get(1) ?? [];
    expect(visits.length).toBeGreaterThan(3);
    expect(visits.filter((code) => code !== 0)).toEqual([]);
    expect(visiting.slowestS()).toBeGreaterThan(0);
    pauses.push(visiting.slowestS());
    return visits.length;
  }

  /** The node in the control server's list. */
  async function ownNode() {
    const all = Keys.parse(JSON.parse(await bed.tailnet.control.headscale(["nodes", "list", "-o", "json"])));
    const own = all.find(({ given_name }) => given_name === "docker");
    if (own === undefined) throw new Error("the control server does not know the node");
    return own;
  }
  const link = async () =>
    await bed.api.waitFor("the renewal's link", ({ node }) =>
      node.state === "connected" ? node.renewal?.url : null,
    );
  /** Sets the key to expire in ten days, and resolves once the panel would say so. */
  async function endsSoon(): Promise<string> {
    const end = new Date(Date.now() + 10 * DAY_MS).toISOString().replace(/\.\d+/, "");
    const { id } = await ownNode();
    await bed.tailnet.control.expireNode(id, end);
    return await bed.api.waitFor("the key's end", ({ node }) => {
      const expiry = node.state === "connected" ? node.keyExpiry : null;
      return expiry !== null && Date.parse(expiry) === Date.parse(end) ? expiry : null;
    });
  }
  /** Resolves when the key no longer expires; this control server issues keys without an expiry. */
  const renewed = async (before?: { node_key: string }) => {
    await bed.api.waitFor(
      "the renewal's end",
      ({ node }) => node.state === "connected" && node.renewal === null && node.keyExpiry === null,
      60_000,
    );
    if (before) expect((await ownNode()).node_key).not.toBe(before.node_key);
  };

  it("a link renews the key of a node that stays connected, without one failed visit", async () => {
    const end = await endsSoon();
    const before = await ownNode();
    const visiting = visitsGoOn();
    await bed.api.login({});
    const url = await link();
    expect(url).toContain("/register/");
    expect(await bed.api.connected()).toMatchObject({ keyExpiry: end, renewal: { fault: null } });
    expect(JSON.stringify(await bed.api.diagnostics())).not.toContain("/register/");
    await bed.tailnet.control.finishLogin(url);
    await renewed(before);
    await reaches(bed.peer, address, "kept says hello");
    expect(await noneFailed(visiting)).toBeGreaterThan(10);
  });

  it("a cancelled renewal leaves the connection as it is, even when its link is opened afterwards", async () => {
    await endsSoon();
    const before = await ownNode();
    const visiting = visitsGoOn();
    await bed.api.login({});
    const url = await link();
    const { node } = await bed.api.cancelLogin();
    expect(node).toMatchObject({ state: "connected", renewal: null });
    expect(await ownNode()).toEqual(before);
    await bed.tailnet.control.finishLogin(url);
    await renewed(before);
    await noneFailed(visiting);
  });

  it("a fresh link renews the key, too", async () => {
    await endsSoon();
    const before = await ownNode();
    await bed.api.login({});
    const first = await link();
    const visiting = visitsGoOn();
    await bed.api.login({ fresh: true });
    const second = await bed.api.waitFor("another link", ({ node }) => {
      const url = node.state === "connected" ? node.renewal?.url : null;
      return url && url !== first ? url : null;
    });
    await bed.tailnet.control.finishLogin(second);
    await renewed(before);
    await noneFailed(visiting);
  });

  it("an auth key renews it at once, and a refused one is reported and changes nothing", async () => {
    await endsSoon();
    const before = await ownNode();
    const visiting = visitsGoOn();
    await bed.api.login({ authKey: "hskey-auth-this-is-no-key-at-all" });
    const fault = await bed.api.waitFor(
      "the refusal",
      ({ node }) => (node.state === "connected" ? node.renewal?.fault : null),
      20_000,
    );
    expect(fault.code).toBe("AUTH_KEY_REFUSED");
    expect(await ownNode()).toEqual(before);
    await bed.api.login({ authKey: await bed.tailnet.control.createAuthKey({ reusable: false }) });
    await renewed();
    await reaches(bed.peer, address, "kept says hello");
    await noneFailed(visiting);
  });

  // A coarse check; the tests next to `tailscale/node/open-paths` cover each case.
  it("almost no visit waits for WireGuard's retry: only where both ends start a handshake at the same moment", () => {
    expect(pauses).toHaveLength(4);
    expect(pauses.filter((seconds) => seconds > 4).length).toBeLessThanOrEqual(1);
  });

  it("another control server cannot renew it", async () => {
    await expect(bed.api.login({ controlUrl: "https://other.example.com" })).rejects.toMatchObject({
      fault: { code: "BAD_REQUEST" },
    });
    expect(await bed.api.connected()).toMatchObject({ renewal: null });
  });

  it("an unreachable control server is named, and shares stay reachable", async () => {
    await bed.tailnet.control.stop();
    await bed.api.login({});
    const fault = await bed.api.waitFor(
      "the reason",
      ({ node }) => (node.state === "connected" ? node.renewal?.fault : null),
      20_000,
    );
    expect(fault.code).toBe("CONTROL_UNREACHABLE");
    await reaches(bed.peer, address, "kept says hello");
    const { node } = await bed.api.cancelLogin();
    expect(node).toMatchObject({ state: "connected", renewal: null });
    await bed.tailnet.control.start();
    await bed.api.waitFor("the alert to go", ({ alerts }) => alerts.length === 0, 60_000);
    await reaches(bed.peer, address, "kept says hello");
  });

  it("an expired key is reported within five seconds, and a new login brings the node and its shares back", async () => {
    await bed.api.connected();
    const { id } = await ownNode();
    await bed.tailnet.control.expireNode(id);
    const { workloads } = await bed.api.waitFor(
      "the expiry",
      (snapshot) => (snapshot.node.state === "expired" ? snapshot : null),
      5_000,
    );
    expect(workloads.find(({ id: candidate }) => candidate === "name:kept")?.share?.exposure).toEqual({
      state: "waiting",
      reason: "node-offline",
    });
    await bed.api.login({});
    const url = await bed.api.waitFor("the link", ({ node }) =>
      node.state === "expired" ? node.login?.url : null,
    );
    await bed.tailnet.control.finishLogin(url);
    await bed.api.connected();
    await reaches(bed.peer, await liveAddress(bed, "name:kept"), "kept says hello");
  });
});

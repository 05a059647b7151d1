import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import { openBed } from "../fixtures/open-bed.ts";
import { liveAddress, reaches } from "../fixtures/visits.ts";

describe("logging in, over the API", () => {
  let bed: Bed;
  const recorded: unknown[] = [];
  const secrets: string[] = [];

  beforeAll(async () => {
    bed = await openBed();
  });
  afterAll(async () => await bed?.close());

  const link = async (not?: string) =>
    await bed.api.waitFor("the link", ({ node }) => {
      const url = node.state === "logged-out" || node.state === "expired" ? node.login?.url : null;
      return url && url !== not ? url : null;
    });
  const controlUrl = () => bed.tailnet.control.url;

  it("has no link and shares nothing before anybody asks", async () => {
    const { node, workloads } = await bed.api.waitFor("the node", (snapshot) =>
      snapshot.node.state === "logged-out" ? snapshot : null,
    );
    expect(node).toEqual({ state: "logged-out", login: null, fault: null });
    expect(workloads.filter(({ share }) => share !== null)).toEqual([]);
  });

  it("names an unreachable control server within seconds, and can be cancelled", async () => {
    await bed.api.login({ controlUrl: "http://172.30.255.254:8080", hostname: "docker" });
    const fault = await bed.api.waitFor(
      "the reason",
      ({ node }) => (node.state === "logged-out" ? node.fault : null),
      20_000,
    );
    expect(fault).toMatchObject({
      code: "CONTROL_UNREACHABLE",
      message: expect.stringContaining("172.30.255.254:8080"),
    });
    const { node } = await bed.api.cancelLogin();
    expect(node).toEqual({ state: "logged-out", login: null, fault: null });
  });

  it("says that an auth key is refused, and accepts another one at once", async () => {
    secrets.push("hskey-auth-this-is-no-key-at-all");
    recorded.push(
      await bed.api.login({
        authKey: "hskey-auth-this-is-no-key-at-all",
        controlUrl: controlUrl(),
        hostname: "docker",
      }),
    );
    const fault = await bed.api.waitFor(
      "the refusal",
      ({ node }) => (node.state === "logged-out" ? node.fault : null),
      20_000,
    );
    expect(fault.code).toBe("AUTH_KEY_REFUSED");
    expect(JSON.stringify(fault)).not.toContain("this-is-no-key");
    await bed.api.cancelLogin();
  });

  it("a cancelled link logs nobody in, and a fresh one does", async () => {
    await bed.api.login({ controlUrl: controlUrl(), hostname: "docker" });
    const first = await link();
    expect(first).toContain("/register/");
    expect(JSON.stringify(await bed.api.diagnostics())).not.toMatch(/\/register\/|hskey-/);
    await bed.api.cancelLogin();
    await bed.api.login({ controlUrl: controlUrl(), hostname: "docker", fresh: true });
    const second = await link(first);
    await bed.api.login({ fresh: true });
    const third = await link(second);
    expect(new Set([first, second, third]).size).toBe(3);
    await bed.tailnet.control.finishLogin(third);
    expect(await bed.api.connected()).toMatchObject({
      name: "docker",
      dnsName: "docker.tail.test",
      magicDns: true,
    });
  });

  it("keeps the shares at a logout, and the next login by key brings them back", async () => {
    await bed.samples.start({ name: "kept", http: 8080 });
    await liveAddress(bed, "name:kept", await bed.api.putShare("name:kept"));
    const { node, workloads } = await bed.api.logout();
    expect(node.state).toBe("logged-out");
    expect(workloads.find(({ id }) => id === "name:kept")?.share?.exposure).toEqual({
      state: "waiting",
      reason: "node-offline",
    });
    const authKey = await bed.tailnet.control.createAuthKey({ reusable: false });
    secrets.push(authKey);
    recorded.push(await bed.api.login({ authKey, controlUrl: controlUrl(), hostname: "docker" }));
    await bed.api.connected();
    await reaches(bed.peer, await liveAddress(bed, "name:kept"), "kept says hello");
  });

  it("pausing makes everything unreachable, and resuming restores it", async () => {
    const address = await liveAddress(bed, "name:kept");
    await bed.api.patchNode({ connected: false });
    await bed.api.waitFor("the pause", ({ node }) => node.state === "paused");
    expect(await bed.peer.fetch(address, { timeoutMs: 2_000 })).toMatchObject({ ok: false });
    await bed.api.patchNode({ connected: true });
    await bed.api.connected();
    await reaches(bed.peer, address, "kept says hello");
  });

  it("adds another account and switches back, with the shares in both", async () => {
    // Another user's account: logging in twice as the same user gives one account.
    const { control } = bed.tailnet;
    await control.headscale(["users", "create", "colleague"]);
    const users = JSON.parse(await control.headscale(["users", "list", "-o", "json"])) as {
      id: number;
      name: string;
    }[];
    const id = users.find(({ name }) => name === "colleague")?.id;
    const key = await control.headscale([
      "preauthkeys",
      "create",
      "-u",
      String(id),
      "-e",
      "1h",
      "-o",
      "json",
    ]);
    const authKey = (JSON.parse(key) as { key: string }).key;
    secrets.push(authKey);
    await bed.api.login({ authKey, controlUrl: controlUrl(), hostname: "second", anotherAccount: true });
    const second = await bed.api.waitFor(
      "the second account",
      ({ node }) => (node.state === "connected" && node.name === "second" ? node : null),
      60_000,
    );
    await reaches(bed.peer, `http://${second.dnsName}:8080`, "kept says hello");
    const { accounts } = await bed.api.snapshot();
    expect(accounts).toHaveLength(2);
    const other = accounts.find(({ current }) => !current);
    await bed.api.patchNode({ account: other?.id ?? "" });
    const first = await bed.api.waitFor(
      "the first account",
      ({ node }) => (node.state === "connected" && node.name !== "second" ? node : null),
      60_000,
    );
    await reaches(bed.peer, `http://${first.dnsName}:8080`, "kept says hello");
  });

  it("cancelling a login to another account leaves the first one as it was", async () => {
    const before = await bed.api.connected();
    await bed.api.login({ controlUrl: controlUrl(), hostname: "third", anotherAccount: true });
    await link();
    await bed.api.cancelLogin();
    expect(await bed.api.connected()).toMatchObject({ dnsName: before.dnsName });
  });

  it("an expired key asks for a new login, keeps the shares and comes back", async () => {
    const { name } = await bed.api.connected();
    const node = (await bed.tailnet.control.listNodes()).find(({ given_name }) => given_name === name);
    await bed.tailnet.control.expireNode(node?.id ?? -1);
    await bed.api.waitFor("the expiry", (snapshot) => snapshot.node.state === "expired", 30_000);
    await bed.api.login({});
    await bed.tailnet.control.finishLogin(await link());
    const again = await bed.api.connected();
    await reaches(bed.peer, `http://${again.dnsName}:8080`, "kept says hello");
  });

  it("no auth key is in any answer, the log, the diagnostics or the container's description [S093]", async () => {
    const diagnostics = await bed.api.diagnostics();
    const everything = [
      JSON.stringify([
        recorded,
        await bed.api.snapshot(),
        diagnostics,
        await bed.api.raw({ method: "GET", url: "/settings" }),
      ]),
      await bed.desktop.backend.logs(),
      await bed.engine.docker(["inspect", bed.desktop.backend.containerId]),
      (
        await bed.desktop.backend.exec([
          "node",
          "-e",
          "const f=require('fs');for(const n of f.readdirSync('/var/lib/tailnet-share'))if(n.endsWith('.json'))console.log(f.readFileSync('/var/lib/tailnet-share/'+n,'utf8'))",
        ])
      ).stdout,
    ].join("\n");
    expect(secrets).toHaveLength(3);
    for (const secret of secrets) expect(everything).not.toContain(secret);
    expect(JSON.stringify(diagnostics)).not.toContain(bed.peer.address);
    expect(diagnostics.tailscaledLog.length).toBeGreaterThan(10);
    expect(diagnostics.tailscaledLog.join("\n")).not.toMatch(/nodekey:[0-9a-f]{8}|\/register\//);
  });
});

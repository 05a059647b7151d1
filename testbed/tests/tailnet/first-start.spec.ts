import { afterEach, describe, expect, it } from "vitest";
import type { EngineBed, Environment, PlainBed } from "../../src/bed.ts";
import { openEngineBed } from "../fixtures/open-bed.ts";

/** Starts on an engine without a desktop and without a browser: everything is in the environment. */
describe("the first start, as the environment asks", () => {
  let bed: EngineBed | undefined;
  let authKey = "";
  afterEach(async () => {
    await bed?.close();
    bed = undefined;
  });

  async function startWith(environment: (plain: PlainBed) => Environment): Promise<EngineBed> {
    bed = await openEngineBed({
      async env(plain) {
        authKey = await plain.tailnet.control.createAuthKey();
        return environment(plain);
      },
    });
    return bed;
  }

  it("logs the node in under its name, once, and the key is in no log, snapshot or diagnostics [S163]", async () => {
    const { api, desktop, tailnet } = await startWith(({ tailnet: { control } }) => ({
      TS_AUTHKEY: authKey,
      TS_CONTROL_URL: control.url,
      TS_HOSTNAME: "home-server",
    }));
    const { addresses, name } = await api.connected();
    expect(name).toBe("home-server");
    await desktop.backend.restart();
    expect(await api.connected()).toMatchObject({ name, addresses });
    expect(await tailnet.control.listNodes()).toHaveLength(2);
    const shown = [
      await desktop.backend.logs(),
      JSON.stringify(await api.snapshot()),
      JSON.stringify(await api.diagnostics()),
    ];
    for (const text of shown) expect(text).not.toContain(authKey);
  });

  it("stays logged out after somebody has logged out", async () => {
    const { api, desktop } = await startWith(({ tailnet: { control } }) => ({
      TS_AUTHKEY: authKey,
      TS_CONTROL_URL: control.url,
    }));
    await api.connected();
    await api.logout();
    await api.waitFor("the log-out", ({ node }) => node.state === "logged-out");
    await desktop.backend.restart();
    const { node } = await api.waitFor("the node", (snapshot) =>
      snapshot.node.state === "logged-out" ? snapshot : null,
    );
    expect(node).toEqual({ state: "logged-out", login: null, fault: null });
  });

  it("uses no key while another variable can't be used, and says which", async () => {
    const { api, tailnet } = await startWith(({ tailnet: { control } }) => ({
      TS_AUTHKEY: authKey,
      TS_CONTROL_URL: control.url,
      TS_HOSTNAME: "not a name",
    }));
    const { alerts } = await api.waitFor("the reason", (snapshot) =>
      snapshot.alerts.some(({ code }) => code === "ENVIRONMENT_UNUSABLE") ? snapshot : null,
    );
    const [alert] = alerts.filter(({ code }) => code === "ENVIRONMENT_UNUSABLE");
    expect(alert?.message).toContain("TS_HOSTNAME");
    expect((await api.snapshot()).node).toMatchObject({ state: "logged-out", login: null });
    expect(await tailnet.control.listNodes()).toHaveLength(1);
  });
});

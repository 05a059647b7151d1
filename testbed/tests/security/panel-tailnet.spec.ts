import {
  API_PREFIX,
  NO_KEY,
  PANEL_CAPABILITY,
  PANEL_HEADER,
  SESSION_ROUTES,
} from "@tailnet-share/contract/session";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EngineBed } from "../../src/bed.ts";
import { launchChromium } from "../../src/lib/chromium.ts";
import { waitFor } from "../../src/lib/wait-for.ts";
import type { Peer } from "../../src/tailnet/peer.ts";
import { machinesByKey, machineUp, startOnTailnet } from "../fixtures/machines.ts";
import { openEngineBed } from "../fixtures/open-bed.ts";
import { startProxyBeside } from "../fixtures/proxy-beside.ts";
import { liveAddress, reaches, refused } from "../fixtures/visits.ts";
import { framesNoPanel } from "./panel-frames.ts";
import { askAsPanel as ask, codeOf, REQUESTS, SHARED } from "./panel-requests.ts";

const PANEL = "http://docker.tail.test:4180";
const URL_ON_TAILNET = `${PANEL}/`;
const SNAPSHOT = `${API_PREFIX}/snapshot`;
/** Every device may open every port. */
const OPEN_POLICY = {
  tagOwners: { "tag:ci": ["tester@"] },
  acls: [{ action: "accept", src: ["*"], dst: ["*:*"] }],
};
const MACHINE = "name:panel-machine";

describe("the panel for the tailnet", () => {
  let bed: EngineBed;
  /** Devices: the owner's, another user's, a tagged one. */
  let owner: Peer;
  /** Another one of the owner's, with IPv6. */
  let tablet: Peer;
  let ben: Peer;
  let tagged: Peer;
  let browser: Browser;

  /** The node's addresses, as they stand in URLs. */
  const addresses = async () => {
    const { node } = await bed.api.snapshot();
    const list = "addresses" in node ? node.addresses : [];
    return list.map((address) => (address.includes(":") ? `[${address}]` : address));
  };

  beforeAll(async () => {
    bed = await openEngineBed();
    const { control } = bed.tailnet;
    owner = bed.peer;
    await bed.login();
    const user = await control.createUser("ben");
    await grant({});
    [ben, tagged, tablet] = await Promise.all([
      bed.tailnet.addPeer("laptop", { authKey: await control.createAuthKey({ user }) }),
      bed.tailnet.addPeer("ci", { authKey: await control.createAuthKey({ tags: ["tag:ci"] }) }),
      bed.tailnet.addPeer("tablet", { ipv6: true }),
    ]);
    await bed.samples.start({ name: "panel-app", http: 8080 });
    const address = await liveAddress(bed, SHARED, await bed.api.putShare(SHARED));
    for (const device of [owner, tablet]) await reaches(device, address, "panel-app says hello");
    browser = await launchChromium({ proxy: { server: await startProxyBeside(bed, owner) } });
  });
  afterAll(async () => {
    await browser?.close();
    await bed?.close();
  });

  /** Replaces the grants of roles: by user or tag. Everybody may open every port. */
  async function grant(roles: Readonly<Record<string, string>>): Promise<void> {
    await bed.tailnet.control.setPolicy({
      ...OPEN_POLICY,
      grants: Object.entries(roles).map(([src, role]) => ({
        ...{ src: [src], dst: ["tester@"], app: { [PANEL_CAPABILITY]: [{ role }] } },
      })),
    });
  }

  async function opened(on: boolean): Promise<void> {
    await bed.api.patchSettings({ panelOnTailnet: on });
    await bed.api.waitFor(`the panel to be ${on ? "open" : "off"}`, ({ panelOnTailnet }) =>
      on
        ? panelOnTailnet?.state === "open" && panelOnTailnet.url === URL_ON_TAILNET
        : panelOnTailnet?.state === "off",
    );
  }

  /** Tries every route, and the page. */
  async function getsNothing(peer: Peer, headers: Readonly<Record<string, string>> = {}): Promise<void> {
    for (const { method, path } of [
      ...REQUESTS,
      { method: "GET", path: "/" },
      { method: "OPTIONS", path: SNAPSHOT },
    ]) {
      const answer = await ask(peer, path, { method, headers });
      expect([method, path, answer.status, codeOf(answer)]).toEqual([method, path, 403, "NO_ROLE"]);
      expect(answer.body).not.toMatch(/panel-app|docker|tester|Tailnet Share/);
    }
  }

  async function becomes(peer: Peer, status: number): Promise<void> {
    await waitFor(async () => (await ask(peer, SNAPSHOT)).status === status, {
      what: `${peer.dnsName} to get ${status}`,
      timeoutMs: 40_000,
    });
  }

  it("is closed before somebody opens it: the port refuses, as any other [S172]", async () => {
    expect((await bed.api.snapshot()).panelOnTailnet).toEqual({ state: "off" });
    const [four = "", ...rest] = await addresses();
    await refused(tablet, `http://${four}:4180/`);
    // Engines up to 25 turn IPv6 off in the backend's container, whose kernel then answers nothing.
    for (const six of rest) expect((await tablet.fetch(`http://${six}:4180/`)).ok).toBe(false);
  });

  it("lets the owner open the list and share by a click, from any of the node's names", async () => {
    await opened(true);
    const byAddress = (await addresses()).map((address) => `${address}:4180`);
    for (const host of ["docker.tail.test:4180", "docker:4180", ...byAddress])
      expect((await ask(tablet, SNAPSHOT, { origin: `http://${host}` })).status, host).toBe(200);
    const page = await (await browser.newContext()).newPage();
    await page.goto(URL_ON_TAILNET);
    await page.getByRole("button", { name: /^Signed in: tester/ }).waitFor();
    await page.getByRole("switch", { name: "Share panel-app" }).click();
    await bed.api.waitFor("the share to end", ({ workloads }) =>
      workloads.some(({ id, share }) => id === SHARED && share === null),
    );
    await page.getByRole("switch", { name: "Share panel-app" }).click();
    await liveAddress(bed, SHARED);
    await page.close();
    const log = await bed.desktop.backend.logs();
    expect(log).toMatch(/panel\.changed.*by=tester.*door=tailnet|"by":"tester/);
  });

  it("gives another user's device and a tagged one the same refusal for everything [S173]", async () => {
    await getsNothing(ben);
    await getsNothing(tagged);
  });

  it("believes no header of theirs that says who they are [S174]", async () => {
    await getsNothing(ben, {
      "x-forwarded-for": owner.address,
      "tailscale-user-login": "tester@",
      "tailscale-app-capabilities": JSON.stringify({ [PANEL_CAPABILITY]: [{ role: "edit" }] }),
      forwarded: `for=${owner.address}`,
    });
  });

  it("gives the roles that the tailnet's policy grants, and takes them back [S175]", async () => {
    await grant({ "ben@": "view", "tag:ci": "edit" });
    await Promise.all([becomes(ben, 200), becomes(tagged, 200)]);
    const change = { method: "DELETE", path: `${API_PREFIX}/shares/name%3Anothing` };
    expect(codeOf(await ask(ben, change.path, change))).toBe("VIEW_ONLY");
    expect((await ask(tagged, change.path, change)).status).toBe(200);
    const you = async (peer: Peer) =>
      (JSON.parse((await ask(peer, SESSION_ROUTES.read.path)).body) as { you: unknown }).you;
    expect(await you(ben)).toMatchObject({
      role: "view",
      door: "tailnet",
      name: expect.stringMatching(/^ben/),
    });
    expect(await you(tagged)).toEqual({ name: "ci", role: "edit", door: "tailnet" });
    expect(await signedInByLink(ben)).toMatchObject({ role: "edit", door: "link" });
    await grant({});
    await Promise.all([becomes(ben, 403), becomes(tagged, 403)]);
  });

  it("shows another user's browser who they are and the grant that lets them in", async () => {
    const theirs = await launchChromium({ proxy: { server: await startProxyBeside(bed, ben) } });
    try {
      const page = await theirs.newPage();
      expect((await page.goto(URL_ON_TAILNET))?.status()).toBe(403);
      await page.getByRole("heading", { name: "You have no access to this panel" }).waitFor();
      expect(await page.locator("strong").textContent()).toMatch(/^ben/);
      expect(await page.locator("body").textContent()).not.toMatch(/panel-app|docker|tester/);
      const copied = JSON.parse((await page.locator("pre").textContent()) ?? "") as object;
      await bed.tailnet.control.setPolicy({ ...OPEN_POLICY, grants: [copied] });
      await becomes(ben, 200);
      await page.goto(URL_ON_TAILNET);
      await page.getByRole("button", { name: /^Signed in: ben/ }).waitFor();
    } finally {
      await theirs.close();
    }
    await grant({});
    await becomes(ben, 403);
  });

  /** Uses a one-time link. Returns who the device's user is then. */
  async function signedInByLink(peer: Peer): Promise<unknown> {
    const { method, path } = SESSION_ROUTES.open;
    const code = new URL(await bed.desktop.page.address()).hash.slice(1);
    const flags = ["-H", "content-type: application/json", "-d", JSON.stringify({ code })];
    return (JSON.parse((await ask(peer, path, { method, flags })).body) as { you: unknown }).you;
  }

  it("gives nothing to the application beside a machine that is in the tailnet as the owner [S176]", async () => {
    await machinesByKey(bed);
    await startOnTailnet(bed, "panel-machine");
    const [address] = await addresses();
    // From before the machine joins: it gets nothing either in the moment before the loop has seen which device it is.
    const script = `(async () => {
      const answers = [];
      for (const end = Date.now() + 60_000; Date.now() < end && !answers.at(-1)?.startsWith("403"); )
        await fetch("http://${address}:4180${SNAPSHOT}", {
          headers: { "${PANEL_HEADER}": "${NO_KEY}" }, signal: AbortSignal.timeout(1_000)
        })
          .then(async (answer) => answers.push(answer.status + " " + (await answer.json()).error?.code))
          .catch(() => new Promise((resolve) => setTimeout(resolve, 20)));
      console.log(JSON.stringify(answers));
    })()`;
    const asking = bed.engine.tryDocker(["exec", "panel-machine", "node", "-e", script]);
    await bed.api.putShare(MACHINE, { mode: "machine", machine: { reachTailnet: true } });
    await machineUp(bed, MACHINE);
    const answers = JSON.parse((await asking).stdout) as string[];
    // Before its tailscaled says which device it is, nobody knows who asks.
    const unknown = "503 TAILSCALED_DOWN";
    expect(new Set([unknown, ...answers])).toEqual(new Set([unknown, "403 NO_ROLE"]));
    await bed.api.deleteShare(MACHINE);
  });

  it("lets the page of a container that is shared at the node's name do nothing in the owner's browser [S177]", async () => {
    const state = async () => {
      const { node, workloads, settings } = await bed.api.snapshot();
      return JSON.stringify([node.state, workloads.map(({ id, share }) => [id, share?.ports]), settings]);
    };
    const before = await state();
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(20_000);
    await page.goto("http://docker.tail.test:8080/");
    const call = async (method: string, path: string, options: object): Promise<string> =>
      await page.evaluate<string>(
        `fetch(${JSON.stringify(`${PANEL}${path}`)}, {
          ...${JSON.stringify({ method, credentials: "include", ...options })}, signal: AbortSignal.timeout(10_000)
        }).then(async (answer) => answer.type === "opaque" ? "opaque" : answer.status + " " + (await answer.text()), String)`,
      );
    for (const { method, path } of [...REQUESTS, { method: "GET", path: "/" }])
      for (const options of [
        {},
        { headers: { [PANEL_HEADER]: NO_KEY } },
        { headers: { "content-type": "text/plain" }, ...(method === "GET" ? {} : { body: "{}" }) },
        ...(method === "GET" || method === "POST" ? [{ mode: "no-cors" }] : []),
      ])
        expect(await call(method, path, options)).toMatch(/^(?:TypeError|opaque|TimeoutError)/);
    const byRebinding = await ask(owner, SNAPSHOT, { headers: { host: "evil.test:4180" } });
    expect([byRebinding.status >= 400, byRebinding.body.includes("panel-app")]).toEqual([true, false]);
    await isFramedNowhere(page);
    await submitsNothing(page);
    await page.close();
    expect(await state()).toBe(before);
  });

  async function isFramedNowhere(page: Page): Promise<void> {
    await page.setContent(`<iframe src="${URL_ON_TAILNET}"></iframe>`);
    await framesNoPanel(page);
  }
  async function submitsNothing(page: Page): Promise<void> {
    await page.goto("http://docker.tail.test:8080/");
    await page.setContent(
      `<form method="post" enctype="text/plain" action="${PANEL}${API_PREFIX}/logout"><input name="x" value="1"></form>`,
    );
    const answered = page.waitForResponse((response) => response.url().includes("/logout"));
    await page.evaluate("document.forms[0].submit()");
    expect((await answered).status()).toBe(403);
    // Chromium sometimes never closes a page whose answer has arrived and is not drawn yet.
    await page.waitForURL(`${PANEL}${API_PREFIX}/logout`);
  }

  it("goes on after a restart of the backend, without signing in", async () => {
    const page = await (await browser.newContext()).newPage();
    await page.goto(URL_ON_TAILNET);
    await page.getByRole("switch", { name: "Share panel-app" }).waitFor();
    await bed.desktop.backend.restart();
    await bed.api.waitFor(
      "the panel to be open again",
      ({ panelOnTailnet }) => panelOnTailnet?.state === "open",
    );
    await waitFor(async () => (await ask(owner, SNAPSHOT)).status === 200, {
      what: "the owner to be let in again",
      timeoutMs: 30_000,
    });
    await page.getByRole("switch", { name: "Share panel-app" }).click();
    await bed.api.waitFor("the share to end", ({ workloads }) =>
      workloads.some(({ id, share }) => id === SHARED && share === null),
    );
    await page.close();
    // The first visit may come before the two devices know each other again.
    await becomes(ben, 403);
    await getsNothing(ben);
  });

  it("refuses again once it is switched off", async () => {
    await opened(false);
    await waitFor(
      async () => {
        const answer = await owner.fetch(URL_ON_TAILNET);
        return !answer.ok && answer.reason === "refused";
      },
      { what: "the port to refuse", timeoutMs: 10_000 },
    );
  });
});

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { API_PREFIX, NO_KEY, PANEL_HEADER, SESSION_ROUTES } from "@tailnet-share/contract/session";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EngineBed } from "../../src/bed.ts";
import { ask } from "../../src/lib/ask.ts";
import { launchChromium } from "../../src/lib/chromium.ts";
import { openEngineBed } from "../fixtures/open-bed.ts";
import { liveAddress, reaches } from "../fixtures/visits.ts";
import { framesNoPanel } from "./panel-frames.ts";
import { REQUESTS, SHARED } from "./panel-requests.ts";

describe("the panel for browsers", () => {
  let bed: EngineBed;
  let url: string;
  let browser: Browser;
  let context: BrowserContext;
  /** The session's key. Its cookie is in `context`. */
  let key: string;
  /** A program on the same computer, or a container that is shared under the same name: another port of the same host. */
  let neighbour: Server;
  let neighbourUrl: string;
  /** The cookies that browsers sent to it. */
  const cookies: string[] = [];

  beforeAll(async () => {
    bed = await openEngineBed();
    url = bed.desktop.page.url;
    await bed.login();
    await bed.samples.start({ name: "panel-app", http: 8080 });
    await liveAddress(bed, SHARED, await bed.api.putShare(SHARED));
    neighbour = createServer((request, answer) => {
      cookies.push(request.headers.cookie ?? "");
      answer.setHeader("content-type", "text/html").end("<title>neighbour</title>");
    }).listen(0, "127.0.0.1");
    await once(neighbour, "listening");
    neighbourUrl = `http://127.0.0.1:${(neighbour.address() as { port: number }).port}/`;
    browser = await launchChromium({ args: [`--host-resolver-rules=MAP evil.test 127.0.0.1`] });
    context = await browser.newContext();
    key = await signIn(await context.newPage());
  });
  afterAll(async () => {
    await browser?.close();
    neighbour?.close();
    await bed?.close();
  });

  const codeOf = async () => new URL(await bed.desktop.page.address()).hash.slice(1);
  async function signIn(page: Page): Promise<string> {
    await page.goto(url);
    const { method, path } = SESSION_ROUTES.open;
    const opened = await page.evaluate<{ key: string }>(
      `fetch(${JSON.stringify(path)}, {
        method: "${method}",
        headers: { "content-type": "application/json", "${PANEL_HEADER}": "${NO_KEY}" },
        body: JSON.stringify({ code: ${JSON.stringify(await codeOf())} }),
      }).then((answer) => answer.json())`,
    );
    await page.close();
    return opened.key;
  }
  /** Calls the API from a page. Returns the status and the text, or why the browser did not let it read the answer. */
  async function call(page: Page, method: string, path: string, options: object = {}): Promise<string> {
    return await page.evaluate<string>(
      `fetch(${JSON.stringify(path)}, ${JSON.stringify({ method, credentials: "include", ...options })})
        .then(async (answer) => answer.type === "opaque" ? "opaque" : answer.status + " " + (await answer.text()), String)`,
    );
  }
  /** Everything that an attacker might change. */
  async function state(): Promise<string> {
    const { node, workloads, settings } = await bed.api.snapshot();
    return JSON.stringify([node.state, workloads.map(({ id, share }) => [id, share?.ports]), settings]);
  }
  async function changesNothing(attack: () => Promise<void>): Promise<void> {
    const before = await state();
    await attack();
    expect(await state()).toBe(before);
    expect(await stillSignedIn()).toBe(true);
  }
  async function stillSignedIn(): Promise<boolean> {
    const page = await context.newPage();
    await page.goto(url);
    const answer = await call(page, "GET", `${API_PREFIX}/snapshot`, { headers: { [PANEL_HEADER]: key } });
    await page.close();
    return answer.startsWith("200 ");
  }

  it("answers a browser that has signed in", async () => {
    expect(await stillSignedIn()).toBe(true);
  });

  it("takes each link once [S154]", async () => {
    const code = await codeOf();
    const send = async () =>
      await ask(`${url}${SESSION_ROUTES.open.path}`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "sec-fetch-site": "same-origin",
          [PANEL_HEADER]: NO_KEY,
        },
        body: JSON.stringify({ code }),
      });
    expect([(await send()).status, (await send()).status]).toEqual([200, 401]);
  });

  it("lets the page of a neighbour on the same host do nothing, although it gets the cookie [S155]", async () => {
    await changesNothing(async () => {
      const page = await context.newPage();
      await page.goto(neighbourUrl);
      for (const { method, path } of REQUESTS) {
        const target = `${url}${path}`;
        for (const options of [
          {},
          { headers: { [PANEL_HEADER]: key } },
          { headers: { "content-type": "text/plain" }, ...(method === "GET" ? {} : { body: "{}" }) },
          ...(method === "GET" || method === "POST" ? [{ mode: "no-cors" }] : []),
        ])
          expect(await call(page, method, target, options)).toMatch(/^(?:TypeError|opaque)/);
      }
      await page.close();
      const stolen = cookies.find((cookie) => cookie !== "");
      expect(stolen, "browsers send cookies to every port of a host").toContain("tailnet-share=");
      for (const { method, path } of REQUESTS.filter(({ path }) => path.startsWith(API_PREFIX))) {
        const headers = { cookie: stolen ?? "", [PANEL_HEADER]: NO_KEY, "sec-fetch-site": "same-origin" };
        const answer = await ask(`${url}${path}`, { method, headers });
        expect([answer.status, answer.body.includes("panel-app")]).toEqual([401, false]);
      }
    });
  });

  it("lets a form and a frame of another page do nothing [S156]", async () => {
    await changesNothing(async () => {
      const page = await context.newPage();
      await page.goto(neighbourUrl);
      await page.setContent(
        `<form method="post" enctype="text/plain" action="${url}${API_PREFIX}/logout"><input name="x" value="1"></form>
         <iframe src="${url}/"></iframe>`,
      );
      await framesNoPanel(page);
      const answered = page.waitForResponse((response) => response.url().includes("/logout"));
      await page.evaluate("document.forms[0].submit()");
      expect((await answered).status()).toBe(403);
      await page.close();
    });
  });

  it("answers nothing under a name that an attacker's DNS server points here [S157]", async () => {
    await changesNothing(async () => {
      const page = await context.newPage();
      const address = new URL(url);
      address.hostname = "evil.test";
      const response = await page.goto(address.href);
      expect(response?.status()).toBe(403);
      for (const { method, path } of REQUESTS)
        expect(await call(page, method, path, { headers: { [PANEL_HEADER]: key } })).toMatch(/^403 /);
      await page.close();
    });
  });

  it("ends connections from another container and from the tailnet [S158]", async () => {
    const addresses = await bed.engine.docker([
      "inspect",
      "-f",
      "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}",
      bed.desktop.backend.containerId,
    ]);
    const { node } = await bed.api.snapshot();
    const onTailnet = "addresses" in node ? node.addresses : [];
    const targets = [...addresses.trim().split(" "), ...onTailnet];
    expect(targets.length).toBeGreaterThan(1);
    for (const address of targets) {
      const host = address.includes(":") ? `[${address}]` : address;
      const { code, stdout } = await bed.engine.tryDocker([
        ...["exec", bed.peer.containerId],
        ...["curl", "-s", "-m", "5", "-H", "Host: 127.0.0.1", `http://${host}:4180/`],
      ]);
      expect([code === 0, stdout]).toEqual([false, ""]);
    }
    await reaches(bed.peer, "http://docker.tail.test:8080", "panel-app says hello");
  });

  it("signs everybody out at once [S159]", async () => {
    const page = await context.newPage();
    await page.goto(url);
    const { method, path } = SESSION_ROUTES.closeAll;
    expect(await call(page, method, path, { headers: { [PANEL_HEADER]: key } })).toMatch(/^200 /);
    expect(await call(page, "GET", `${API_PREFIX}/snapshot`, { headers: { [PANEL_HEADER]: key } })).toMatch(
      /^401 /,
    );
    await page.close();
  });
});

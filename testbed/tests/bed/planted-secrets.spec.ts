import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { launchChromium } from "../../src/lib/chromium.ts";
import { keepsNoSecret, noteSecrets, showsNoSecret } from "../fixtures/planted-secrets.ts";

const SECRET = 'odd"key\\1234567890abcdefghij';
const TEXT = JSON.stringify(SECRET);

let server: Server;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  const html = "<title>fields</title><input id=dots type=password><input id=open><p>words</p>";
  server = createServer((_request, answer) => answer.setHeader("content-type", "text/html").end(html));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  server?.close();
});
beforeEach(async () => {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  page = await (await browser.newContext()).newPage();
  await page.goto(`http://127.0.0.1:${address.port}/`);
  noteSecrets(page, { machineCredential: { authKey: SECRET } });
});

it("accepts a secret that was sent and is masked in its field", async () => {
  await page.fill("#dots", SECRET);
  await keepsNoSecret(page);
  await showsNoSecret(page);
});

it.each([
  ["another field", `document.querySelector("#open").value = ${TEXT}`],
  ["words", `document.querySelector("p").textContent = ${TEXT}`],
  ["an attribute", `document.querySelector("p").title = ${TEXT}`],
])("finds a secret that is shown in %s before a picture is taken [S101]", async (_where, script) => {
  await page.evaluate(script);
  await expect(showsNoSecret(page)).rejects.toThrow("what the panel shows");
});

it.each([
  ["localStorage", `localStorage.kept = ${TEXT}`],
  ["sessionStorage", `sessionStorage.kept = JSON.stringify({ key: ${TEXT} })`],
  ["a cookie", `document.cookie = "kept=" + encodeURIComponent(${TEXT})`],
  ["the address", `history.replaceState(null, "", "?" + encodeURIComponent(${TEXT}))`],
  ["the history", `history.replaceState({ key: ${TEXT} }, "")`],
  ["a cache", `caches.open("kept").then((cache) => cache.put("/kept", new Response(${TEXT})))`],
  [
    "a database",
    `new Promise((resolve) => {
      const opening = indexedDB.open("kept", 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore("store");
      opening.onsuccess = () => {
        const change = opening.result.transaction("store", "readwrite");
        change.objectStore("store").put(${TEXT}, 1);
        change.oncomplete = () => { opening.result.close(); resolve(1); };
      };
    })`,
  ],
])("finds a secret that is kept in %s when the panel is closed [S100]", async (_where, script) => {
  await page.evaluate(script);
  await expect(keepsNoSecret(page)).rejects.toThrow("what the panel keeps");
});

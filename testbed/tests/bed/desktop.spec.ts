import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import { openBed } from "../fixtures/open-bed.ts";

describe("the stand-in for Docker Desktop", () => {
  let bed: Bed;

  beforeAll(async () => {
    bed = await openBed();
  });
  afterAll(() => bed?.close());

  it("serves the panel with a client injected before its own scripts", async () => {
    const html = await (await fetch(bed.desktop.page.url)).text();
    expect(html.indexOf("/__dd/client.js")).toBeGreaterThan(0);
    expect(html.indexOf("/__dd/client.js")).toBeLessThan(html.indexOf('type="module"'));
  });

  it("passes calls to the backend and its answers, including errors", async () => {
    expect((await bed.api.snapshot()).versions.backend).not.toBe("");
    const refused = await bed.desktop.page.request({ method: "GET", url: "/nowhere" });
    expect(refused.status).toBe(404);
  });

  it("has the engine restart a backend that was killed", async () => {
    await bed.desktop.backend.kill();
    await expect.poll(() => bed.desktop.backend.startCount(), { timeout: 20_000 }).toBe(1);
    await bed.api.waitFor("the backend to be back", ({ engine }) => engine.state === "connected");
  });

  it("keeps the node logged in when the extension is updated", async () => {
    await bed.login();
    const updated = await bed.desktop.update(bed.images.product);
    await bed.api.waitFor("the node to be connected again", ({ node }) => node.state === "connected", 60_000);
    expect(updated.extension.tag).toBe(bed.images.product);
  });

  it("leaves nothing behind when the extension is uninstalled", async () => {
    await bed.desktop.uninstall();
    const label = `label=com.docker.compose.project=tailnet-share-${bed.id}`;
    expect(await bed.engine.docker(["ps", "-aq", "--filter", label])).toBe("");
    expect(await bed.engine.docker(["volume", "ls", "-q", "--filter", label])).toBe("");
  });
});

import { afterEach, expect, it, vi } from "vitest";
import { createManualClock } from "../testing/manual-clock.ts";
import { createDesktopHost } from "./desktop.ts";

const poll = { method: "GET", path: "/snapshot", limitMs: 1_000 } as const;

afterEach(() => {
  vi.unstubAllGlobals();
});

it("says so when there is no Docker Desktop around it", async () => {
  await expect(createDesktopHost(null).call(poll)).rejects.toMatchObject({ code: "NO_HOST" });
});

it("survives a client without any of the parts it hopes for", async () => {
  vi.stubGlobal("ddClient", {});
  const host = createDesktopHost(null);
  await expect(host.call(poll)).rejects.toMatchObject({ code: "NO_HOST" });
  expect(host.containers).toBeNull();
});

it("sends each method to its own function, with the body", async () => {
  const put = vi.fn(async () => ({ data: { ok: true } }));
  vi.stubGlobal("ddClient", { extension: { vm: { service: { put } } } });
  const answer = await createDesktopHost(null).call({
    method: "PUT",
    path: "/shares/a",
    body: { ports: [] },
    limitMs: 10,
  });
  expect(put).toHaveBeenCalledWith("/shares/a", { ports: [] });
  expect(answer).toEqual({ ok: true });
});

it("gives up on a call that is never answered", async () => {
  vi.stubGlobal("ddClient", { extension: { vm: { service: { get: () => new Promise(() => {}) } } } });
  const clock = createManualClock();
  const call = createDesktopHost(null, clock).call(poll);
  clock.advance(1_000);
  await expect(call).rejects.toMatchObject({ code: "BACKEND_SILENT" });
});

it("lets go of a call when it is aborted", async () => {
  vi.stubGlobal("ddClient", { extension: { vm: { service: { get: () => new Promise(() => {}) } } } });
  const controller = new AbortController();
  const call = createDesktopHost(null, createManualClock()).call({ ...poll, signal: controller.signal });
  controller.abort();
  await expect(call).rejects.toBeInstanceOf(Error);
});

it("opens links through Docker Desktop, which needs its own object as this", () => {
  const opened: string[] = [];
  class DesktopSide {
    readonly list = opened;
    openExternal(url: string) {
      this.list.push(url);
    }
  }
  vi.stubGlobal("ddClient", { host: new DesktopSide() });
  expect(createDesktopHost(null).openExternal("https://example.com")).toBe(true);
  expect(opened).toEqual(["https://example.com"]);
});

it("reports a container that Docker Desktop cannot show", async () => {
  const viewContainer = vi.fn(() => Promise.reject(new Error("gone")));
  vi.stubGlobal("ddClient", { desktopUI: { navigate: { viewContainer } } });
  expect(await createDesktopHost(null).containers?.view("abc")).toBe(false);
});

it("shows Docker Desktop's list of containers, and reports a release that has none", async () => {
  const viewContainer = vi.fn(async () => undefined);
  const viewContainers = vi.fn(async () => undefined);
  vi.stubGlobal("ddClient", { desktopUI: { navigate: { viewContainer, viewContainers } } });
  expect(await createDesktopHost(null).containers?.list()).toBe(true);
  expect(viewContainers).toHaveBeenCalledOnce();
  vi.stubGlobal("ddClient", { desktopUI: { navigate: { viewContainer } } });
  expect(await createDesktopHost(null).containers?.list()).toBe(false);
});

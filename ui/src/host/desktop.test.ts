import { afterEach, expect, it, vi } from "vitest";
import { createManualClock } from "../testing/manual-clock.ts";
import { createDesktopHost } from "./desktop.ts";

const poll = { method: "GET", path: "/snapshot", limitMs: 1_000 } as const;
const silent = { send: async () => await new Promise<unknown>(() => {}) };

afterEach(() => {
  vi.unstubAllGlobals();
});

it("survives a client without any of the parts it hopes for", () => {
  vi.stubGlobal("ddClient", {});
  expect(createDesktopHost(silent, null).containers).toBeNull();
});

it("unwraps an answer, and makes a problem of a rejection", async () => {
  const send = vi.fn(async (): Promise<unknown> => ({ data: { ok: true } }));
  const call = { method: "PUT", path: "/shares/a", body: { ports: [] }, limitMs: 10 } as const;
  expect(await createDesktopHost({ send }, null).call(call)).toEqual({ ok: true });
  expect(send).toHaveBeenCalledWith(call);
  send.mockRejectedValue(new Error("connect ECONNREFUSED"));
  await expect(createDesktopHost({ send }, null).call(call)).rejects.toMatchObject({
    code: "BACKEND_UNREACHABLE",
  });
});

it("gives up on a call that is never answered", async () => {
  const clock = createManualClock();
  const call = createDesktopHost(silent, null, clock).call(poll);
  clock.advance(1_000);
  await expect(call).rejects.toMatchObject({ code: "BACKEND_SILENT" });
});

it("lets go of a call when it is aborted", async () => {
  const controller = new AbortController();
  const call = createDesktopHost(silent, null, createManualClock()).call({
    ...poll,
    signal: controller.signal,
  });
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
  expect(createDesktopHost(silent, null).openExternal("https://example.com")).toBe(true);
  expect(opened).toEqual(["https://example.com"]);
});

it("reports a container that Docker Desktop cannot show", async () => {
  const viewContainer = vi.fn(() => Promise.reject(new Error("gone")));
  vi.stubGlobal("ddClient", { desktopUI: { navigate: { viewContainer } } });
  expect(await createDesktopHost(silent, null).containers?.view("abc")).toBe(false);
});

it("shows Docker Desktop's list of containers, and reports a release that has none", async () => {
  const viewContainer = vi.fn(async () => undefined);
  const viewContainers = vi.fn(async () => undefined);
  vi.stubGlobal("ddClient", { desktopUI: { navigate: { viewContainer, viewContainers } } });
  expect(await createDesktopHost(silent, null).containers?.list()).toBe(true);
  expect(viewContainers).toHaveBeenCalledOnce();
  vi.stubGlobal("ddClient", { desktopUI: { navigate: { viewContainer } } });
  expect(await createDesktopHost(silent, null).containers?.list()).toBe(false);
});

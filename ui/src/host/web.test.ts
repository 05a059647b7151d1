import { describe, expect, it, vi } from "vitest";
import { createManualClock } from "../testing/manual-clock.ts";
import { createSessionKey, createWebCall, createWebHost } from "./web.ts";

const GET = { method: "GET", path: "/api/snapshot?since=a", limitMs: 1_000 } as const;
const PUT = { method: "PUT", path: "/shares/a", body: { ports: [] }, limitMs: 1_000 } as const;
const fault = { code: "NODE_PORT_TAKEN", message: "Port 8080 is taken.", hint: "Choose another." };
const json = (value: unknown, status = 200) => new Response(JSON.stringify(value), { status });

function calling(answer: () => Response | Promise<Response>) {
  const fetch = vi.fn(async (_address: string | URL | Request, _init?: RequestInit) => await answer());
  const clock = createManualClock();
  return { fetch, clock, call: createWebCall({ fetch, clock, key: { get: () => "the-key" } }) };
}

/** A request without an answer, which ends as soon as it is aborted. */
function unanswered() {
  const clock = createManualClock();
  const fetch = async (_address: string | URL | Request, init?: RequestInit) =>
    await new Promise<Response>((_resolve, reject) => {
      if (init?.signal?.aborted) reject(new DOMException("aborted", "AbortError"));
      init?.signal?.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
    });
  return { clock, call: createWebCall({ fetch, clock, key: { get: () => "the-key" } }) };
}

describe("a call of the panel in a browser", () => {
  it("goes to the page's own server, with the session's key and nothing of a cache", async () => {
    const { fetch, call } = calling(() => json({ revision: "one" }));
    expect(await call(GET)).toEqual({ revision: "one" });
    const [address, init] = fetch.mock.calls[0] ?? [];
    expect(address).toBe("/api/snapshot?since=a");
    expect(init).toMatchObject({
      method: "GET",
      headers: { "x-tailnet-share": "the-key" },
      cache: "no-store",
      credentials: "same-origin",
      redirect: "error",
    });
    expect(init?.headers).not.toHaveProperty("content-type");
    expect(init).not.toHaveProperty("body");
  });

  it("carries a body as JSON, an empty one when there is nothing to say, and none with DELETE", async () => {
    const { fetch, call } = calling(() => json({}));
    await call(PUT);
    await call({ ...PUT, method: "POST", body: undefined });
    await call({ ...PUT, method: "DELETE", body: undefined });
    const sent = fetch.mock.calls.map(([, init]) => init);
    expect(sent.map((init) => init?.body)).toEqual(['{"ports":[]}', "{}", undefined]);
    expect(sent[0]?.headers).toMatchObject({ "content-type": "application/json" });
    expect(sent[2]?.headers).not.toHaveProperty("content-type");
  });

  it("rejects with the backend's own problem", async () => {
    const { call } = calling(() => json({ error: fault }, 409));
    await expect(call(PUT)).rejects.toMatchObject(fault);
  });

  it.each<[string, string, () => Response | Promise<Response>]>([
    [
      "a proxy finds nobody",
      "BACKEND_UNREACHABLE",
      () => new Response("<h1>Bad gateway</h1>", { status: 502 }),
    ],
    ["another server answers", "BAD_ANSWER", () => new Response("<h1>Not found</h1>", { status: 404 })],
    ["the reason is missing", "BAD_REQUEST", () => new Response("", { status: 421 })],
  ])("rejects when %s with %s", async (_what, code, answer) => {
    await expect(calling(answer).call(PUT)).rejects.toMatchObject({ code });
  });

  const dropped = async () => await Promise.reject(new TypeError("network changed"));
  const settle = async () => await new Promise((resolve) => setTimeout(resolve, 0));

  it.each(["GET", "PUT", "DELETE", "PATCH"] as const)(
    "with %s is sent again when the browser has dropped it, as it does when a container starts",
    async (method) => {
      let drops = 3;
      const { fetch, clock, call } = calling(async () => {
        drops -= 1;
        return drops < 0 ? json({ revision: "one" }) : await dropped();
      });
      const answer = call({ ...PUT, method, limitMs: 5_000 });
      for (const ms of [50, 250, 1_000]) {
        await settle();
        clock.advance(ms);
      }
      expect(await answer).toEqual({ revision: "one" });
      expect(fetch).toHaveBeenCalledTimes(4);
    },
  );

  it("gives up when nobody answers", async () => {
    const { clock, call } = calling(dropped);
    const answer = expect(call({ ...PUT, limitMs: 5_000 })).rejects.toMatchObject({
      code: "BACKEND_UNREACHABLE",
    });
    for (const ms of [50, 250, 1_000]) {
      await settle();
      clock.advance(ms);
    }
    await answer;
  });

  it("is not sent again with POST, which may do something twice", async () => {
    const { fetch, call } = calling(dropped);
    await expect(call({ ...PUT, method: "POST" })).rejects.toMatchObject({ code: "BACKEND_UNREACHABLE" });
    expect(fetch).toHaveBeenCalledTimes(1);
  });

  it("aborts the request at its limit", async () => {
    const { clock, call } = unanswered();
    const answer = call(GET);
    clock.advance(1_000);
    await expect(answer).rejects.toMatchObject({ code: "BACKEND_SILENT" });
  });

  it("aborts the request with its caller, also with one that had given up before", async () => {
    const { call } = unanswered();
    const controller = new AbortController();
    const answer = call({ ...GET, signal: controller.signal });
    controller.abort();
    await expect(answer).rejects.toMatchObject({ code: "BACKEND_SILENT" });
    await expect(call({ ...GET, signal: controller.signal })).rejects.toMatchObject({
      code: "BACKEND_SILENT",
    });
  });

  it("leaves no timer behind", async () => {
    const { clock, call } = calling(() => json({}));
    await call(GET);
    expect(clock.due(1_000)).toBe(false);
  });
});

describe("the session's key", () => {
  const storage = () => {
    const memory = new Map<string, string>();
    const recall = (key: string) => memory.get(key) ?? null;
    return { recall, remember: (key: string, value: string) => void memory.set(key, value) };
  };

  it("is there in every tab and after a reload, until the session is closed", () => {
    const browser = storage();
    const [one, other] = [createSessionKey(browser), createSessionKey(browser)];
    expect(one.get()).toBe("none");
    one.keep("first");
    expect([one.get(), other.get(), createSessionKey(browser).get()]).toEqual(Array(3).fill("first"));
    other.keep("second");
    expect(one.get()).toBe("second");
    one.keep("");
    expect([one.get(), createSessionKey(browser).get()]).toEqual(["none", "none"]);
  });

  it("lasts as long as the page where the browser stores nothing", () => {
    const key = createSessionKey({ recall: () => null, remember() {} });
    key.keep("first");
    expect(key.get()).toBe("first");
  });
});

describe("a browser around the panel", () => {
  const host = createWebHost(async () => await Promise.resolve({}), createManualClock());

  it("finds the contract's routes below /api", async () => {
    const call = vi.fn(async () => await Promise.resolve({}));
    await createWebHost(call, createManualClock()).call(PUT);
    expect(call).toHaveBeenCalledWith({ ...PUT, path: "/api/shares/a" });
  });

  it("shows no containers", () => {
    expect(host.containers).toBeNull();
  });

  it("opens links in a window that can't reach the panel, and reports a blocked one", () => {
    const opened = { opener: window };
    const open = vi.spyOn(window, "open").mockReturnValue(opened as unknown as Window);
    expect(host.openExternal("https://example.com/")).toBe(true);
    expect(open).toHaveBeenCalledWith("https://example.com/", "_blank");
    expect(opened.opener).toBeNull();
    open.mockReturnValue(null);
    expect(host.openExternal("https://example.com/")).toBe(false);
    open.mockRestore();
  });
});

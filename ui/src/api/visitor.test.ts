import type { You } from "@tailnet-share/contract/session";
import { describe, expect, it, vi } from "vitest";
import type { Call } from "../host/host.ts";
import { Problem, unreachable } from "../host/problem.ts";
import { WEB_WORDS } from "../host/web.ts";
import { createVisitor } from "./visitor.ts";

const ANNA: You = { name: "anna@example.com", role: "edit", door: "tailnet" };
const LINK: You = { name: "the one-time link", role: "edit", door: "link" };
const READ = { method: "GET", path: "/snapshot", limitMs: 1_000 } as const;
const CHANGE = { method: "PUT", path: "/shares/a", limitMs: 1_000 } as const;
const needed = new Problem("SIGN_IN_NEEDED", "Sign in.", "");
const refused = new Problem("CODE_REFUSED", "This link doesn't work.", "Get another.");

/** A backend with one session, whose user is `you`. Its link has the code `good`. */
function backend(you: You | null, code: string | null = null) {
  const state = { you, fails: null as Problem | null };
  const send = vi.fn(async ({ method, path, body }: Call): Promise<unknown> => {
    if (state.fails) throw state.fails;
    if (path.startsWith("/session")) {
      if (method === "POST" && (body as { code: string }).code !== "good") throw refused;
      if (method !== "GET") state.you = method === "POST" ? LINK : null;
      return await Promise.resolve({ you: state.you, ...(method === "POST" ? { key: "key" } : {}) });
    }
    if (state.you === null) throw needed;
    if (method !== "GET" && state.you.role === "view") throw new Problem("VIEW_ONLY", "", "");
    return `answer to ${state.you.name}`;
  });
  const keys: string[] = [];
  const problems: Problem[] = [];
  const visitor = createVisitor({
    ...{ send, code },
    keepKey: (key) => void keys.push(key),
    refused: (problem) => void problems.push(problem),
  });
  return { state, send, keys, problems, visitor };
}
const settle = async () => await new Promise((resolve) => setTimeout(resolve, 0));

describe("the user of a panel in a browser", () => {
  it("is asked for once before the first calls, however many there are", async () => {
    const { send, visitor } = backend(ANNA);
    const answer = "answer to anna@example.com";
    expect(await Promise.all([visitor.call(READ), visitor.call(READ)])).toEqual([answer, answer]);
    expect(visitor.state.get()).toEqual({ kind: "in", you: ANNA });
    expect(send.mock.calls.map(([{ path }]) => path)).toEqual(["/session", "/snapshot", "/snapshot"]);
  });

  it("signs in with the code of the page's address", async () => {
    const { keys, visitor } = backend(null, "good");
    expect(await visitor.call(READ)).toBe("answer to the one-time link");
    expect(keys).toEqual(["key"]);
  });

  it("keeps that code until the backend can be reached, and uses it once", async () => {
    const { state, send, visitor } = backend(null, "bad");
    state.fails = unreachable(WEB_WORDS);
    await expect(visitor.call(READ)).rejects.toMatchObject({ code: "BACKEND_UNREACHABLE" });
    expect(visitor.state.get()).toEqual({ kind: "unknown" });
    state.fails = null;
    void visitor.call(READ);
    await settle();
    expect(visitor.state.get()).toEqual({ kind: "out", ended: false, problem: refused });
    expect(send.mock.calls.filter(([{ method }]) => method === "POST")).toHaveLength(1);
  });

  it("uses that code also for somebody who may only look, and keeps them in when it is refused", async () => {
    const viewer: You = { ...ANNA, role: "view" };
    const good = backend(viewer, "good");
    await good.visitor.call(READ);
    expect(good.visitor.state.get()).toEqual({ kind: "in", you: LINK });
    const bad = backend(viewer, "bad");
    await bad.visitor.call(READ);
    expect(bad.visitor.state.get()).toEqual({ kind: "in", you: viewer });
    expect(bad.problems).toEqual([refused]);
  });

  it("forgets the session's key when a viewer from the tailnet signs out of it", async () => {
    const { send, keys, visitor } = backend(LINK);
    await visitor.call(READ);
    send.mockImplementationOnce(async () => await Promise.resolve({ you: ANNA }));
    expect(await visitor.signOut()).toBeNull();
    expect([keys, visitor.state.get()]).toEqual([[""], { kind: "in", you: ANNA }]);
  });

  it("doesn't use that code when somebody is signed in who may change things", async () => {
    const { send, visitor } = backend(ANNA, "good");
    await visitor.call(READ);
    expect(send.mock.calls.every(([{ method }]) => method === "GET")).toBe(true);
  });

  it.each(["<!doctype html>", {}, null])(
    "doesn't exist where another server answers with %j",
    async (answer) => {
      const visitor = createVisitor({
        send: async () => await Promise.resolve(answer),
        code: null,
        keepKey() {},
        refused() {},
      });
      await expect(visitor.call(READ)).rejects.toMatchObject({ code: "NO_HOST" });
    },
  );
});

describe("before somebody signs in", () => {
  it("a call that reads waits, and one that changes something is refused", async () => {
    const { send, visitor } = backend(null);
    const read = visitor.call(READ);
    await expect(visitor.call(CHANGE)).rejects.toMatchObject({ code: "SIGN_IN_NEEDED" });
    expect(send).toHaveBeenCalledTimes(1);
    await visitor.signIn("good");
    expect(await read).toBe("answer to the one-time link");
  });

  it("a call that waits can be aborted", async () => {
    const { visitor } = backend(null);
    const controller = new AbortController();
    const read = visitor.call({ ...READ, signal: controller.signal });
    await settle();
    controller.abort();
    await expect(read).rejects.toBeInstanceOf(Problem);
    await expect(visitor.call({ ...READ, signal: controller.signal })).rejects.toBeInstanceOf(Problem);
  });

  it("a refused code is explained, also a second time", async () => {
    const { visitor } = backend(null);
    const seen: unknown[] = [];
    visitor.state.subscribe(() => seen.push(visitor.state.get()));
    await visitor.signIn("bad");
    await visitor.signIn("bad");
    const explained = { kind: "out", ended: false, problem: refused };
    expect(seen.at(-1)).toEqual(explained);
    // In between without, or a screen reader would not read the same words again.
    expect(seen.at(-2)).toEqual({ ...explained, problem: null });
  });
});

describe("when a session ends", () => {
  it("reading continues after the next sign-in, and a change is left to the user", async () => {
    const { state, visitor } = backend(ANNA);
    await visitor.call(READ);
    state.you = null;
    const read = visitor.call(READ);
    await settle();
    expect(visitor.state.get()).toEqual({ kind: "out", ended: true, problem: null });
    await expect(visitor.call(CHANGE)).rejects.toMatchObject({ code: "SIGN_IN_NEEDED" });
    await visitor.signIn("good");
    expect(await read).toBe("answer to the one-time link");
  });

  it("a refused code keeps it in mind that somebody was signed in", async () => {
    const { state, visitor } = backend(ANNA);
    await visitor.call(READ);
    state.you = null;
    await expect(visitor.call(CHANGE)).rejects.toBe(needed);
    await visitor.signIn("bad");
    expect(visitor.state.get()).toEqual({ kind: "out", ended: true, problem: refused });
  });

  it("a call of the old session doesn't end the new one", async () => {
    const { send, visitor } = backend(ANNA);
    await visitor.call(READ);
    let refuse = () => {};
    send.mockImplementationOnce(
      async () =>
        await new Promise((_resolve, reject) => {
          refuse = () => reject(needed);
        }),
    );
    const old = visitor.call(READ);
    await settle();
    await visitor.signIn("good");
    refuse();
    expect(await old).toBe("answer to the one-time link");
    expect(visitor.state.get()).toEqual({ kind: "in", you: LINK });
  });

  it("by a click, it has not ended by surprise", async () => {
    const { keys, visitor } = backend(LINK);
    await visitor.call(READ);
    expect(await visitor.signOut()).toBeNull();
    expect(keys).toEqual([""]);
    expect(visitor.state.get()).toEqual({ kind: "out", ended: false, problem: null });
  });

  it("a failed sign-out is reported, and the user stays", async () => {
    const { state, visitor } = backend(LINK);
    await visitor.call(READ);
    state.fails = unreachable(WEB_WORDS);
    expect(await visitor.signOutEverybody()).toMatchObject({ code: "BACKEND_UNREACHABLE" });
    expect(visitor.state.get().kind).toBe("in");
  });
});

it("learns of a role that was taken away when a change is refused", async () => {
  const { state, visitor } = backend(ANNA);
  await visitor.call(READ);
  state.you = { ...ANNA, role: "view" };
  await expect(visitor.call(CHANGE)).rejects.toMatchObject({ code: "VIEW_ONLY" });
  await settle();
  expect(visitor.state.get()).toEqual({ kind: "in", you: state.you });
});

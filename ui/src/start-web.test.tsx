import { act, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { startWeb } from "./start-web.tsx";
import { snapshot } from "./testing/fixtures.ts";

const YOU = { name: "the one-time link", role: "edit", door: "link" };
const CODE = "Zm9vYmFyMTIz";
const refused = { error: { code: "CODE_REFUSED", message: "This link doesn't work.", hint: "Get another." } };
const json = (value: unknown, status = 200) => new Response(JSON.stringify(value), { status });

/** A backend that nobody has signed in to. It accepts `CODE`. */
let asked: string[];
const listening = vi.spyOn(globalThis, "addEventListener");
let signedIn: boolean;
beforeEach(() => {
  [asked, signedIn] = [[], false];
  document.body.innerHTML = '<div id="root"></div>';
  vi.stubGlobal("fetch", async (address: string, init: RequestInit): Promise<Response> => {
    asked.push(`${init.method} ${address}${location.hash}`);
    if (address === "/session") {
      if (init.method === "GET") return json({ you: signedIn ? YOU : null });
      signedIn = init.body === JSON.stringify({ code: CODE });
      return signedIn ? json({ you: YOU, key: "the-key" }) : json(refused, 401);
    }
    expect(new Headers(init.headers).get("x-tailnet-share")).toBe("the-key");
    return address.includes("since") ? await new Promise(() => {}) : json(snapshot());
  });
});
afterEach(() => {
  // The page would go away with them.
  for (const [type, listener] of listening.mock.calls)
    if (type === "hashchange") removeEventListener(type, listener as EventListener);
  listening.mockClear();
  vi.unstubAllGlobals();
  history.replaceState(null, "", "/");
});

it("signs in with the code in the address, which is gone before anything is sent", async () => {
  history.replaceState(null, "", `/#${CODE}`);
  const before = history.length;
  await act(async () => await startWeb());
  expect([location.hash, history.length]).toEqual(["", before]);
  expect(await screen.findByRole("list", { name: "Containers" })).toBeTruthy();
  expect(asked.slice(0, 3)).toEqual(["GET /session", "POST /session", "GET /api/snapshot"]);
});

it("takes a refused code out of the address too, and uses the one of the next link in the same tab", async () => {
  history.replaceState(null, "", "/#wrong");
  await act(async () => await startWeb());
  expect(location.hash).toBe("");
  expect((await screen.findByRole("alert")).textContent).toContain("CODE_REFUSED");
  expect(asked).toEqual(["GET /session", "POST /session"]);
  await act(async () => {
    location.hash = CODE;
  });
  expect(await screen.findByRole("list", { name: "Containers" })).toBeTruthy();
  expect(location.hash).toBe("");
});

it("says that the panel has no host where another server serves its files", async () => {
  vi.stubGlobal(
    "fetch",
    async () => await Promise.resolve(new Response("<h1>Not found</h1>", { status: 404 })),
  );
  await act(async () => await startWeb());
  expect((await screen.findByRole("alert")).textContent).toContain("NO_HOST");
});

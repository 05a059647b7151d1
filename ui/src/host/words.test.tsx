/// <reference types="vite/client" />
import { cleanup, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { Problem } from "../host/problem.ts";
import { LOOKING, loggedOut, share, snapshot, workload } from "../testing/fixtures.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import { renderInBrowser } from "../testing/render-panel.tsx";
import { textsIn } from "../testing/texts-in.ts";
import { createWebCall } from "./web.ts";
import { DESKTOP_WORDS } from "./words.ts";

/** Names of surroundings that a panel in a browser doesn't have. */
const FOREIGN = /Docker Desktop|\bextension\b|sidebar/;

/** Texts that only an extension host shows, or a page without any host. By file. */
const OF_AN_EXTENSION: Readonly<Record<string, readonly string[]>> = {
  "host/words.ts": Object.values(DESKTOP_WORDS),
  "host/problem.ts": [
    "This page runs outside Docker Desktop, so it cannot reach the extension's backend.",
    "Open Tailnet Share from Docker Desktop's sidebar.",
  ],
  // Both need a host that shows containers.
  "features/list/row-menu.tsx": ["Docker Desktop couldn't show the container."],
  "features/list/empty-list.tsx": ["Docker Desktop couldn't show its containers."],
};

const SOURCES = import.meta.glob<string>(
  ["../**/*.{ts,tsx}", "!../**/*.test.*", "!../{gallery,testing}/**"],
  {
    query: "?raw",
    import: "default",
    eager: true,
  },
);

it("the panel names its surroundings only where an extension host is around it", () => {
  const files = Object.entries(SOURCES).map(
    ([path, source]) => [path.replace(/^(\.\.|\.)\//, ""), source] as const,
  );
  expect(files.length).toBeGreaterThan(150);
  const found = files.flatMap(([path, source]) => {
    const file = path.includes("/") ? path : `host/${path}`;
    const texts = textsIn(source).filter((text) => FOREIGN.test(text));
    return texts.length === 0 ? [] : [[file, texts] as const];
  });
  expect(Object.fromEntries(found)).toEqual(OF_AN_EXTENSION);
});

describe("a problem in a browser", () => {
  const answers: Readonly<Record<string, () => Promise<Response>>> = {
    "no network": async () => await Promise.reject(new TypeError("failed")),
    "no answer": async () => await new Promise(() => {}),
    ...Object.fromEntries(
      [200, 400, 401, 403, 404, 421, 429, 500, 502, 503].map((status) => [
        `status ${status}`,
        async () => await Promise.resolve(new Response("<h1>?</h1>", { status })),
      ]),
    ),
  };

  it.each(Object.entries(answers))("is in words for a browser: %s", async (_what, answer) => {
    const clock = createManualClock();
    const fetch = async (_address: unknown, init?: RequestInit) =>
      await Promise.race([
        answer(),
        new Promise<never>((_resolve, reject) => init?.signal?.addEventListener("abort", reject)),
      ]);
    const call = createWebCall({ fetch, clock, key: { get: () => "none" } })({
      method: "GET",
      path: "/logs",
      limitMs: 10,
    });
    clock.advance(10);
    const problem = await call.catch((reason: unknown) => reason);
    if (problem instanceof Problem) expect(`${problem.message} ${problem.hint}`).not.toMatch(FOREIGN);
    else expect(problem).toBe("<h1>?</h1>");
  });
});

describe("a screen in a browser", () => {
  const shown = () => document.body.textContent;
  afterEach(() => {
    expect(shown()?.length).toBeGreaterThan(20);
    expect(shown()).not.toMatch(FOREIGN);
    cleanup();
  });

  it("is in words for a browser before somebody signs in", async () => {
    await renderInBrowser(snapshot(), null);
  });

  it.each([
    ["an empty list", snapshot({ workloads: [] })],
    ["a share", snapshot({ workloads: [workload({ share: share() })] })],
    ["nobody logged in", loggedOut()],
    ["the start", snapshot({ node: { state: "starting", waitsFor: "Tailscale to start" } })],
  ])("is in words for a browser: %s", async (_what, first) => {
    await renderInBrowser(first, LOOKING);
  });

  it("says what to restart when the backend can't be reached", async () => {
    const { pass } = await renderInBrowser(snapshot(), LOOKING, { prepare: (host) => host.reachable(false) });
    for (const wait of [250, 500, 1_000, 2_000]) await pass(wait);
    expect(screen.getByRole("alert").textContent).toContain("restart the container");
  });

  it("says where else the logs are", async () => {
    const { user, settle } = await renderInBrowser(snapshot(), LOOKING, {
      prepare: (host) => host.on("GET /logs", () => Promise.reject(new Problem("INTERNAL", "It broke.", ""))),
    });
    await user.click(screen.getByRole("button", { name: "Account and settings" }));
    await user.click(screen.getByRole("menuitem", { name: "View logs" }));
    await screen.findByRole("dialog", { name: "Logs" });
    await settle();
    expect(screen.getByText(/docker logs tailnet-share/)).toBeTruthy();
  });
});

import type { You } from "@tailnet-share/contract/session";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { act, render, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import type { ReactNode } from "react";
import { App } from "../App.tsx";
import { createSession } from "../api/session.tsx";
import { WEB_WORDS } from "../host/web.ts";
import { createFakeHost, type FakeHost } from "./fake-host.ts";
import { inBrowser } from "./in-browser.ts";

/** A part loads within a second, except on a busy computer. */
const LOADED_MS = 20_000;

/** Renders the whole panel against a fake backend. */
export async function renderPanel(first: Snapshot, prepare?: (host: FakeHost) => void) {
  const host = createFakeHost(first);
  prepare?.(host);
  return await renderApp(host, <App session={createSession(host)} />);
}

/** Renders the panel as a browser shows it. `code`: from the address of the page. */
export async function renderInBrowser(
  first: Snapshot,
  you: You | null,
  { code = null, prepare }: { code?: string | null; prepare?: (host: FakeHost) => void } = {},
) {
  const host = createFakeHost(first, WEB_WORDS);
  host.on("GET /session", () => ({ you }));
  prepare?.(host);
  return await renderApp(host, <App {...inBrowser(host, code)} />);
}

async function renderApp(host: FakeHost, app: ReactNode) {
  const user = userEvent.setup();
  const view = render(app);
  const settle = () => act(async () => void (await new Promise((resolve) => setTimeout(resolve, 0))));
  await settle();
  return {
    host,
    user,
    settle,
    unmount: view.unmount,
    /** Opens a row and waits for its details, which load on demand. */
    details: async (name = "shop/web") => {
      await user.click(screen.getByRole("button", { name: `Details of ${name}` }));
      await screen.findByRole("button", { name: `Close details of ${name}` }, { timeout: LOADED_MS });
    },
    publish: (next: Snapshot) =>
      act(async () => {
        host.publish(next);
      }),
    /** Advances time by `ms` milliseconds. */
    pass: async (ms: number) => {
      await act(async () => host.clock.advance(ms));
      await settle();
    },
  };
}

import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { act, render, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { App } from "../App.tsx";
import { createSession } from "../api/session.tsx";
import { createFakeHost, type FakeHost } from "./fake-host.ts";

/** Renders the whole panel against a fake backend. */
export async function renderPanel(first: Snapshot, prepare?: (host: FakeHost) => void) {
  const host = createFakeHost(first);
  prepare?.(host);
  const user = userEvent.setup();
  const view = render(<App session={createSession(host)} />);
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
      await screen.findByRole("group", { name: `Details of ${name}` });
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

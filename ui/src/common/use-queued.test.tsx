import { createElement } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createStore, type Store, useStore } from "../api/store.ts";
import { useQueued } from "./use-queued.ts";

function Field({ busy, send }: { busy: Store<boolean>; send: (value: number) => Promise<void> }) {
  const [asked, ask] = useQueued<number>(useStore(busy), async (value) => await send(value));
  return createElement("button", { type: "button", onClick: () => ask(7) }, `asked: ${asked}`);
}

/** Behaves as in a browser: a test's `act` delays no render. */
describe("a change that waits for the one before it", () => {
  beforeEach(() => vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", false));
  afterEach(() => vi.unstubAllGlobals());

  it("is sent once, also when it is answered before anything was drawn", async () => {
    const busy = createStore(false);
    const sent: number[] = [];
    async function send(value: number): Promise<void> {
      sent.push(value);
      // Stops a loop that would otherwise run forever.
      if (sent.length > 5) return;
      busy.set(true);
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
      busy.set(false);
    }
    const container = document.createElement("div");
    document.body.append(container);
    const root = createRoot(container);
    root.render(createElement(Field, { busy, send }));
    await vi.waitFor(() => expect(container.textContent).toBe("asked: null"));
    for (const times of [1, 2]) {
      container.querySelector("button")?.click();
      await vi.waitFor(() => expect(sent.length).toBeGreaterThanOrEqual(times));
      await vi.waitFor(() => expect(container.textContent).toBe("asked: null"));
      expect(sent).toHaveLength(times);
    }
    root.unmount();
    container.remove();
  });
});

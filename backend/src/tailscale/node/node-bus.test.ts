import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { createFakeClock } from "../../testing.ts";
import type { LocalApi } from "../localapi/localapi.ts";
import { LoginProfile, Notify, Prefs, Status } from "../localapi/types.ts";
import { createTailnetNode } from "./node.ts";

/** A node whose bus yields whatever the test passes to `tell`. `looks` counts how often the node read tailscaled's state. */
function world() {
  const clock = createFakeClock();
  const lines: Notify[] = [];
  let wake: () => void = () => undefined;
  let looks = 0;
  const localApi = {
    status: async () => {
      looks += 1;
      return await Promise.resolve(Status.parse({ Version: "1", BackendState: "NeedsLogin" }));
    },
    prefs: async () =>
      await Promise.resolve(Prefs.parse({ ControlURL: "", Hostname: "", CorpDNS: false, WantRunning: true })),
    profiles: async () => await Promise.resolve({ all: [], current: LoginProfile.parse({ ID: "" }) }),
    async *watchBus(signal: AbortSignal) {
      while (!signal.aborted) {
        yield* lines.splice(0);
        await new Promise<void>((resolve) => {
          wake = resolve;
          signal.addEventListener("abort", () => resolve());
        });
      }
    },
  } satisfies Partial<LocalApi> as unknown as LocalApi;
  const heard: Notify[] = [];
  const ending = new AbortController();
  const node = createTailnetNode({
    probeControl: async () => {},
    ...{
      localApi,
      clock,
      log: pino({ level: "silent" }),
      refreshMs: { watched: 1_000_000, unwatched: 1_000_000 },
    },
    onNotify: (notify) => void heard.push(notify),
  });
  node.handle({ kind: "daemon-running" });
  const ended = node.watch(() => undefined, ending.signal);
  onTestFinished(async () => {
    ending.abort();
    await ended;
  });
  const tell = async (line: object) => {
    lines.push(Notify.parse(line));
    wake();
    await clock.advance(100);
  };
  return { tell, heard, clock, looks: () => looks };
}

test("a line about this node makes it look again, one about other devices does not", async () => {
  const { tell, heard, clock, looks } = world();
  await clock.advance(100);
  const before = looks();
  await tell({ Version: "1", State: null, Prefs: null });
  await tell({ PeerState: { n1: { PeerWireGuardState: "established" } } });
  expect(looks()).toBe(before);
  expect(heard).toHaveLength(2);
  await tell({ State: 6 });
  expect(looks()).toBe(before + 1);
});

import { describe, expect, it } from "vitest";
import { openNodeOnFaultyLocalApi, TRUE_WITHIN_MS } from "./node-on-faulty-localapi.ts";

/** Tests the backend's own client and its view of the node against a stand-in that misbehaves as no healthy tailscaled would. */
describe("a tailscaled that sends nonsense", () => {
  const on = openNodeOnFaultyLocalApi();

  async function busIsBack(before: number): Promise<void> {
    await expect
      .poll(() => on.daemon.busesOpened(), { timeout: TRUE_WITHIN_MS, interval: 20 })
      .toBeGreaterThan(before);
  }

  /** Checks that events on the current bus reach the state. */
  async function stillListens(): Promise<void> {
    for (const [state, shown, number] of [
      ["Stopped", "paused", 4],
      ["Running", "connected", 6],
    ] as const) {
      on.daemon.setState(state);
      on.daemon.say(`{"State":${number}}\n`);
      await on.becomes(shown);
    }
  }

  it.each([
    ["no JSON", "{{{ nonsense\n"],
    ["JSON of another shape", '{"State":"six","Health":[]}\n'],
    ["a line that does not end", "[".repeat(5 * 1024 * 1024)],
    ["bytes that are no text", "\u0000\uffff\u0001\n"],
    ["a line that says it has lost some", '{"ErrMessage":"IPN bus consumer fell behind; closing watch"}\n'],
  ])("%s on the bus ends only that bus, and later events are read", async (_what, line) => {
    const before = on.daemon.busesOpened();
    on.daemon.say(line);
    if (line.includes("ErrMessage")) on.daemon.endBus();
    await busIsBack(before);
    expect(on.node.state().state).toBe("connected");
    await stillListens();
  });

  it("reopens a bus that is cut in the middle of a line, and sees what changed in the gap", async () => {
    const before = on.daemon.busesOpened();
    on.daemon.say('{"State":4,"Pre');
    on.daemon.setState("Stopped");
    on.daemon.endBus();
    await busIsBack(before);
    await on.becomes("paused");
    on.daemon.setState("Running");
    on.daemon.say('{"State":6}\n');
    await on.becomes("connected");
  });

  it("handles ten thousand lines at once as a few changes, and the last one counts", async () => {
    const before = on.changes();
    const lines = Array.from({ length: 10_000 }, (_, index) => `{"State":${index % 2 === 0 ? 4 : 6}}\n`);
    on.daemon.setState("Stopped");
    on.daemon.say(lines.join(""));
    await on.becomes("paused");
    expect(on.changes() - before).toBeLessThan(20);
    on.daemon.setState("Running");
    await stillListens();
  });

  it("finds a socket that replaced the previous one, by requests and by the bus", async () => {
    const before = on.daemon.busesOpened();
    on.daemon.setState("Stopped");
    await on.daemon.replaceSocket();
    await busIsBack(before);
    await on.becomes("paused");
    await stillListens();
  });
});

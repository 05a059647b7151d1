import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createUserspaceDataPlane } from "../../backend/src/dataplane/userspace.ts";
import { systemClock as clock } from "../../backend/src/lib/clock.ts";
import { createLog } from "../../backend/src/operations/log.ts";
import { createLocalApi } from "../../backend/src/tailscale/localapi.ts";
import { createTailnetNode, type TailnetNode } from "../../backend/src/tailscale/node.ts";
import { type FaultyLocalApi, startFaultyLocalApi } from "../src/tailnet/faulty-localapi.ts";

/** How soon what the panel shows has to be true. */
const TRUE_WITHIN_MS = 5_000;

/** The backend's own client and its view of the node, on a stand-in that says what a sound tailscaled never would. */
describe("a tailscaled that talks nonsense", () => {
  let daemon: FaultyLocalApi;
  let node: TailnetNode;
  let stopping: AbortController;
  let watching: Promise<void>;
  let changes: number;

  beforeEach(async () => {
    daemon = await startFaultyLocalApi();
    changes = 0;
    stopping = new AbortController();
    node = createTailnetNode({
      knock: async () => {},
      localApi: createLocalApi(daemon.socketPath),
      clock,
      log: createLog({ level: "error", format: "json", write: () => undefined }).log,
    });
    const onChange = () => {
      changes += 1;
    };
    watching = node.watch(onChange, stopping.signal);
    node.handle({ kind: "daemon-running" });
    await becomes("connected");
  });
  afterEach(async () => {
    stopping.abort();
    await watching;
    await daemon.close();
  });

  async function becomes(state: ReturnType<TailnetNode["state"]>["state"]): Promise<void> {
    await expect.poll(() => node.state().state, { timeout: TRUE_WITHIN_MS, interval: 20 }).toBe(state);
  }

  async function busIsBack(before: number): Promise<void> {
    await expect
      .poll(() => daemon.busesOpened(), { timeout: TRUE_WITHIN_MS, interval: 20 })
      .toBeGreaterThan(before);
  }

  /** What is told on the bus of now reaches the state. */
  async function stillListens(): Promise<void> {
    for (const [state, shown, number] of [
      ["Stopped", "paused", 4],
      ["Running", "connected", 6],
    ] as const) {
      daemon.setState(state);
      daemon.say(`{"State":${number}}\n`);
      await becomes(shown);
    }
  }

  it.each([
    ["no JSON", "{{{ nonsense\n"],
    ["JSON of another shape", '{"State":"six","Health":[]}\n'],
    ["bytes that are no text", "\u0000\uffff\u0001\n"],
    ["a line that says it has lost some", '{"ErrMessage":"IPN bus consumer fell behind; closing watch"}\n'],
  ])(
    "%s on the bus ends no more than that bus, and what is told afterwards is heard",
    async (_what, line) => {
      const before = daemon.busesOpened();
      daemon.say(line);
      if (line.includes("ErrMessage")) daemon.endBus();
      await busIsBack(before);
      expect(node.state().state).toBe("connected");
      await stillListens();
    },
  );

  it("a bus that is cut in the middle of a line is opened again, and what changed in the gap is seen", async () => {
    const before = daemon.busesOpened();
    daemon.say('{"State":4,"Pre');
    daemon.setState("Stopped");
    daemon.endBus();
    await busIsBack(before);
    await becomes("paused");
    daemon.setState("Running");
    daemon.say('{"State":6}\n');
    await becomes("connected");
  });

  it("ten thousand lines at once are a few changes, and the last one counts", async () => {
    const before = changes;
    const lines = Array.from({ length: 10_000 }, (_, index) => `{"State":${index % 2 === 0 ? 4 : 6}}\n`);
    daemon.setState("Stopped");
    daemon.say(lines.join(""));
    await becomes("paused");
    expect(changes - before).toBeLessThan(20);
    daemon.setState("Running");
    await stillListens();
  });

  it("another socket in the place of the one before is found, by questions and by the bus", async () => {
    const before = daemon.busesOpened();
    daemon.setState("Stopped");
    await daemon.replaceSocket();
    await busIsBack(before);
    await becomes("paused");
    await stillListens();
  });

  it("a serve config that somebody else changes meanwhile is refused, read again, and theirs is kept", async () => {
    const dataPlane = createUserspaceDataPlane(createLocalApi(daemon.socketPath));
    const forward = { protocol: "tcp" as const, nodePort: 80, address: "172.18.0.5", port: 8080 };
    daemon.interfere(2);
    for (let conflict = 0; conflict < 2; conflict += 1)
      await expect(dataPlane.replace([forward], [])).rejects.toMatchObject({ code: "TAILSCALED_REFUSED" });
    await dataPlane.replace([forward], []);
    expect(daemon.serveConfig()).toMatchObject({
      TCP: { 80: { TCPForward: "172.18.0.5:8080" } },
      Web: { "somebody-elses-3:443": {} },
    });
    expect(await dataPlane.observe()).toMatchObject([forward]);
  });
});

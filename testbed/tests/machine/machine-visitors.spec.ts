import type { ShareView } from "@tailnet-share/contract/share";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import type { Sample } from "../../src/samples.ts";
import { machinesBeside, machineUp, openMachineBed, shareOf, startOnTailnet } from "../fixtures/machines.ts";
import { openDescriptors } from "../fixtures/metrics.ts";
import { reaches } from "../fixtures/visits.ts";

const WEB = "name:mv-web";
const SIBLING = "name:mv-sibling";
const MB = 1_000_000;
const QUIET = 20_000;

describe("a machine's clients and traffic", () => {
  let bed: Bed;
  let sample: Sample;

  beforeAll(async () => {
    bed = await openMachineBed();
    sample = await startOnTailnet(bed, "mv-web");
    await startOnTailnet(bed, "mv-sibling");
    // On start, the later machine pings the earlier one, and so does the node.
    await bed.api.putShare(WEB, { mode: "machine" });
    await machineUp(bed, WEB);
    await bed.api.putShare(SIBLING, { mode: "machine" });
    await machineUp(bed, SIBLING);
  });
  afterAll(async () => await bed?.close());

  /** Follows the share until it matches. */
  async function waitForShare(
    what: string,
    probe: (share: ShareView) => boolean,
    timeoutMs = 30_000,
  ): Promise<ShareView> {
    return await bed.api.waitFor(
      what,
      (snapshot) => {
        const share = shareOf(snapshot, WEB);
        return share !== null && probe(share) ? share : null;
      },
      timeoutMs,
    );
  }

  it("shows a streaming device with its user and path while it streams, and nobody else", async () => {
    await reaches(bed.peer, "http://mv-web.tail.test", "says hello");
    // On a busy machine, repeated handshakes at its start can look like a short visit.
    await bed.api.waitFor(
      "nobody to visit the other machine",
      (snapshot) => shareOf(snapshot, SIBLING)?.visitors.length === 0,
      90_000,
    );
    const url = "http://mv-web.tail.test/bytes/20000000/1000000";
    const stream = bed.peer.exec(["curl", "-s", "-o", "/dev/null", url], { timeoutMs: 60_000 });
    const first = await waitForShare(
      "the visitor",
      ({ visitors, traffic }) => visitors.length > 0 && traffic.sent > MB,
    );
    expect(first.visitors).toEqual([
      { device: "phone", user: expect.stringContaining("tester"), path: "direct" },
    ]);
    const second = await waitForShare("more bytes", ({ traffic }) => traffic.sent > first.traffic.sent);
    expect(second.traffic.received).toBeGreaterThan(0);
    expect((await stream).code).toBe(0);
    const all = await waitForShare("all of it", ({ traffic }) => traffic.sent > 20 * MB);
    // Includes WireGuard's overhead and retransmissions.
    expect(all.traffic.sent).toBeLessThan(26 * MB);
    expect(all.traffic.received).toBeLessThan(3 * MB);
    const sibling = shareOf(await bed.api.snapshot(), SIBLING);
    expect(sibling).toMatchObject({ visitors: [], traffic: { sent: expect.any(Number) } });
    expect(sibling?.traffic.sent).toBeLessThan(QUIET);
  });

  it("leaves no connection open in the backend or in a machine after repeated visits and checks", async () => {
    const [machine] = await machinesBeside(bed, [sample.id]);
    if (machine === undefined) throw new Error("the machine's container is not there");
    const ofMachine = async () =>
      (await bed.engine.docker(["exec", machine.id, ...COUNT_CONNECTIONS])).trim();
    async function round(): Promise<void> {
      await reaches(bed.peer, "http://mv-web.tail.test", "says hello");
      await Promise.all([bed.api.check(WEB), bed.api.check(SIBLING)]);
    }
    await round();
    const before = { backend: await openDescriptors(bed), machine: Number(await ofMachine()) };
    for (let turn = 0; turn < 10; turn += 1) await round();
    expect(await openDescriptors(bed)).toBeLessThanOrEqual(before.backend + 6);
    expect(Number(await ofMachine())).toBeLessThanOrEqual(before.machine + 3);
  });

  it("keeps counting bytes when its container is restarted", async () => {
    const before = shareOf(await bed.api.snapshot(), WEB)?.traffic.sent ?? 0;
    await bed.engine.docker(["restart", "-t", "0", sample.id]);
    await waitForShare("its machine to go", ({ exposure }) => exposure.state !== "live");
    await machineUp(bed, WEB);
    await reaches(bed.peer, "http://mv-web.tail.test/bytes/1000000", "xxxx");
    await waitForShare("the sum", ({ traffic }) => traffic.sent > before + MB);
  });

  it("no longer shows a client that has left", async () => {
    await waitForShare("nobody to visit", ({ visitors }) => visitors.length === 0, 90_000);
  });

  it("counts bytes from zero when it is switched off and on", async () => {
    await bed.api.deleteShare(WEB);
    await bed.api.waitFor("nothing of it to be left", ({ workloads }) =>
      workloads.some(({ id, share, ending }) => id === WEB && share === null && ending === null),
    );
    await bed.api.putShare(WEB, { mode: "machine" });
    await machineUp(bed, WEB);
    expect(shareOf(await bed.api.snapshot(), WEB)?.traffic.sent).toBeLessThan(QUIET);
  });
});

/** Connections to a machine's tailscaled socket, and the listening socket itself. */
const COUNT_CONNECTIONS = [
  "/usr/local/bin/node",
  "-p",
  "require('fs').readFileSync('/proc/net/unix','utf8').split('\\n').filter((line) => line.endsWith('/state/tailscaled.sock')).length",
];

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RESET_PORTS } from "../../../backend/src/dataplane/rules/chains.ts";
import type { Bed } from "../../src/bed.ts";
import { waitFor } from "../../src/lib/wait-for.ts";
import { openBed } from "../fixtures/open-bed.ts";
import { liveAddress } from "../fixtures/visits.ts";
import { openConnections } from "./open-connections.ts";

/** Opens idle connections, reports that, and then prints how and when each ended, in seconds of the peer's clock. */
const IDLE_VISITORS = `
import os, selectors, socket, sys, time
host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
waiting, ended = selectors.DefaultSelector(), []
for _ in range(count):
    s = socket.create_connection((host, port), 10)
    s.sendall(b'PING\\r\\n'); s.recv(64)
    waiting.register(s, selectors.EVENT_READ)
open('/tmp/idle', 'w').close()
end = time.monotonic() + 25
while waiting.get_map() and time.monotonic() < end:
    for key, _ in waiting.select(0.5):
        try: how = 'data' if key.fileobj.recv(64) else 'closed'
        except OSError as error: how = type(error).__name__
        ended.append(how)
        waiting.unregister(key.fileobj)
    if len(ended) == count: break
print(len(ended), *sorted(set(ended)))
`;

describe("an ended connection through the node has ended on both sides", () => {
  let bed: Bed;

  beforeAll(async () => {
    bed = await openBed();
    await bed.login();
  });
  afterAll(async () => await bed?.close());

  const openIn = async (container: string, port: number) =>
    await openConnections(bed.engine, container, port);
  const idle = async () => (await bed.peer.exec(["test", "-e", "/tmp/idle"])).code === 0;

  /** The kernel's entries of visitors' connections to a port. A reset that found nobody is remembered for up to two minutes, too. */
  async function visitorsFlows(port: number): Promise<readonly string[]> {
    const { stdout } = await bed.desktop.backend.exec(["conntrack", "-L", "-p", "tcp"]);
    return stdout.split("\n").filter((line) => {
      const sport = Number(/ sport=(\d+) /.exec(line)?.[1]);
      const isReset = sport >= RESET_PORTS.first && sport <= RESET_PORTS.last;
      return line.includes(` dport=${port} `) && !isReset;
    });
  }

  it("resets both sides of every idle connection when a share is switched off [S065]", async () => {
    await bed.samples.createNetwork("bed-endings");
    await bed.samples.start({ name: "ending", tcp: 7000, networks: ["bed-endings"] });
    await bed.api.putShare("name:ending");
    await liveAddress(bed, "name:ending");
    const argv = ["python3", "-c", IDLE_VISITORS, "docker.tail.test", "7000", "20"];
    const visitors = bed.peer.exec(argv, { timeoutMs: 60_000 });
    await waitFor(idle, { what: "20 visitors", timeoutMs: 30_000 });
    expect(await openIn("ending", 7000)).toBe(20);
    await bed.api.deleteShare("name:ending");
    const since = performance.now();
    expect((await visitors).stdout.trim()).toBe("20 ConnectionResetError");
    // Neither side has sent data, so only the resets can have closed the connections.
    expect(performance.now() - since).toBeLessThan(5_000);
    await expect.poll(async () => await openIn("ending", 7000), { timeout: 2_000 }).toBe(0);
    await expect.poll(async () => await visitorsFlows(7000), { timeout: 10_000 }).toEqual([]);
  });
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLocalApi, type LocalApi } from "../../../backend/src/tailscale/localapi/localapi.ts";
import type { Bed } from "../../src/bed.ts";
import { openBed } from "../fixtures/open-bed.ts";

const AT_ONCE_MS = 2_000;
/** The loop looks this often while a panel is open, and then tells the control server. */
const NEXT_LOOK_MS = 20_000;

describe("the node's name", () => {
  let bed: Bed;

  beforeAll(async () => {
    bed = await openBed();
    await bed.login();
  });
  afterAll(async () => await bed?.close());

  async function tailscaled(): Promise<LocalApi> {
    const [pid] = await bed.desktop.backend.pidsOf("tailscaled");
    return createLocalApi(`/proc/${pid}/root/run/tailscale/tailscaled.sock`);
  }
  async function named(name: string, timeoutMs: number): Promise<void> {
    await bed.api.waitFor(
      `the node to be named ${name}`,
      ({ node }) => node.state === "connected" && node.name === name,
      timeoutMs,
    );
  }

  it("changes at once, and is stored", async () => {
    const { settings } = await bed.api.patchNode({ hostname: "laptop" });
    expect(settings.hostname).toBe("laptop");
    await named("laptop", AT_ONCE_MS);
  });

  it("changes while the node is paused", async () => {
    await bed.api.patchNode({ connected: false });
    await bed.api.waitFor("the pause", ({ node }) => node.state === "paused");
    await bed.api.patchNode({ hostname: "desk" });
    const { prefs } = await tailscaled();
    await expect.poll(async () => (await prefs()).Hostname, { timeout: AT_ONCE_MS }).toBe("desk");
    await bed.api.patchNode({ connected: true });
    await named("desk", NEXT_LOOK_MS);
  });

  it("is set back when somebody else changes it, and so is the tailnet's DNS", async () => {
    const { patchPrefs, prefs } = await tailscaled();
    await patchPrefs({ Hostname: "other", CorpDNS: true });
    await bed.api.waitFor(
      "the loop to set both",
      async () => {
        const { Hostname, CorpDNS } = await prefs();
        return Hostname === "desk" && !CorpDNS;
      },
      NEXT_LOOK_MS,
    );
    await named("desk", NEXT_LOOK_MS);
  });

  it("is set back by the next backend when this one is killed first", async () => {
    const { backend } = bed.desktop;
    const starts = await backend.startCount();
    const { patchPrefs } = await tailscaled();
    await patchPrefs({ Hostname: "other" });
    await backend.kill();
    await expect.poll(async () => await backend.startCount(), { timeout: 30_000 }).toBeGreaterThan(starts);
    await named("desk", 60_000);
  });
});

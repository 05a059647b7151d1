import { AppError } from "@tailnet-share/contract/errors";
import { Health } from "@tailnet-share/contract/operations";
import { expect, test, vi } from "vitest";
import { createFakeClock } from "../../testing.ts";
import { createHealth, dataPlaneProbe, type HopProbe, loopProbe } from "./health.ts";

const well: HopProbe = async () => await Promise.resolve("It answers.");
const all = {
  ...{ loop: well, engine: well, tailscaled: well, "data-plane": well, store: well },
  ...{ egress: well, tailnet: well, machines: well },
};
const HOPS = [
  "loop",
  "engine",
  "tailscaled",
  "data-plane",
  "store",
  "egress",
  "tailnet",
  "machines",
] as const;

test("is well when every hop is, and names them in order", async () => {
  const health = await createHealth(all, createFakeClock())();
  expect(Health.parse(health).ok).toBe(true);
  expect(health.hops.map(({ hop }) => hop)).toEqual(HOPS);
});

test.each(HOPS)(
  "fails when '%s' alone fails, and says why in the words of an expected failure",
  async (hop) => {
    const failing = async () =>
      await Promise.reject(new AppError("ENGINE_UNREACHABLE", "It does not answer."));
    const health = await createHealth({ ...all, [hop]: failing }, createFakeClock())();
    expect(health.ok).toBe(false);
    expect(health.hops.filter(({ ok }) => !ok)).toEqual([{ hop, ok: false, detail: "It does not answer." }]);
  },
);

test("tells nothing of an unexpected error", async () => {
  const failing = async () => await Promise.reject(new Error("tskey-auth-secret"));
  const health = await createHealth({ ...all, store: failing }, createFakeClock())();
  expect(JSON.stringify(health)).not.toContain("secret");
});

test("a hop that hangs fails after three seconds, also when it heeds no signal", async () => {
  const clock = createFakeClock();
  let given: AbortSignal | null = null;
  const hangs: HopProbe = async (signal) => {
    given = signal;
    return await new Promise(() => undefined);
  };
  const answer = createHealth({ ...all, tailscaled: hangs }, clock)();
  await clock.advance(3_000);
  const { hops } = await answer;
  expect(hops[2]).toEqual({ hop: "tailscaled", ok: false, detail: "It does not answer within 3 seconds." });
  expect(given).toMatchObject({ aborted: true });
});

test("many who ask at once cause one look; who asks later causes another", async () => {
  const probe = vi.fn(well);
  const look = createHealth({ ...all, engine: probe }, createFakeClock());
  await Promise.all([look(), look(), look()]);
  expect(probe).toHaveBeenCalledTimes(1);
  await look();
  expect(probe).toHaveBeenCalledTimes(2);
});

test("the loop is well while its last pass ended lately", async () => {
  const clock = createFakeClock();
  const signal = new AbortController().signal;
  let endedAt: number | null = null;
  const probe = loopProbe(() => endedAt, clock);
  await expect(probe(signal)).rejects.toMatchObject({
    fault: { message: expect.stringContaining("Nothing") },
  });
  endedAt = clock.monotonic();
  await clock.advance(90_000);
  expect(await probe(signal)).toContain("90 seconds ago");
  await clock.advance(1);
  await expect(probe(signal)).rejects.toThrow("90 seconds ago");
});

test("the data plane is well while its rules are those that were made", async () => {
  const signal = new AbortController().signal;
  expect(await dataPlaneProbe({ intact: async () => true })(signal)).toContain("are those");
  await expect(dataPlaneProbe({ intact: async () => false })(signal)).rejects.toThrow("not those");
});

import type { LocalApi } from "../tailscale/localapi/localapi.ts";
import { type BesideSection, createServeSection } from "../tailscale/localapi/serve-section.ts";
import { type ActiveForward, type DataPlane, type Forward, sameForwards } from "./data-plane.ts";

/** `address:port` of a `TCPForward`. */
const FORWARD = /^(.+):(\d+)$/;

/**
 * Where there is no TUN: tailscaled's own TCP forwarding, by serve config. TCP only, slower, and without byte counts.
 * UDP forwards are left out: whoever plans knows. `onLost` is called when tailscaled drops all of them.
 */
export function createUserspaceDataPlane(
  localApi: Pick<LocalApi, "serveConfig" | "setServeConfig" | "watchBus">,
  onLost: () => void,
): DataPlane {
  const section = createServeSection(localApi, withoutForwards, onLost);
  let applied: readonly Forward[] | null = null;

  async function observe(signal?: AbortSignal): Promise<ActiveForward[] | null> {
    const there = await section.read(signal);
    if (there === null) return null;
    return Object.entries(there.TCP ?? {}).flatMap(([nodePort, handler]) => {
      const match = FORWARD.exec(handler.TCPForward ?? "");
      return match?.[1] === undefined
        ? []
        : [
            {
              protocol: "tcp" as const,
              nodePort: Number(nodePort),
              address: match[1],
              port: Number(match[2]),
              traffic: { received: 0, sent: 0 },
            },
          ];
    });
  }

  async function replace(forwards: readonly Forward[], signal?: AbortSignal): Promise<void> {
    const tcp = forwards.filter(({ protocol }) => protocol === "tcp");
    const TCP = Object.fromEntries(
      tcp.map((f) => [String(f.nodePort), { TCPForward: `${f.address}:${f.port}` }]),
    );
    await section.write({ TCP }, signal);
    applied = tcp;
  }

  return {
    mode: "userspace",
    observe,
    intact: async (signal) => applied === null || sameForwards(applied, (await observe(signal)) ?? []),
    replace: async (forwards, _before, signal) => await replace(forwards, signal),
    flows: async () => await Promise.resolve([]),
    packets: () => null,
    // tailscaled closes them itself.
    endFlows: async () => await Promise.resolve(),
  };
}

/** Stored ones, which an older release has left, are nobody's business any more. */
const withoutForwards: BesideSection = (stored) => {
  const { TCP, ...rest } = stored;
  return Object.keys(TCP ?? {}).length === 0 ? stored : rest;
};

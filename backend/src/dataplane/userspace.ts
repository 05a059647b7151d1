import type { LocalApi } from "../tailscale/localapi/localapi.ts";
import { type BesideSection, createServeSection } from "../tailscale/localapi/serve-section.ts";
import { type ActiveForward, type DataPlane, type Forward, sameForwards } from "./data-plane.ts";

/** `address:port` of a `TCPForward`. */
const FORWARD = /^(.+):(\d+)$/;

/**
 * The data plane without a TUN: tailscaled's own TCP forwarding through serve config. It is TCP only, slower, and has no byte counts.
 * Ignores UDP forwards, which the planner already rejects. Calls `onLost` when tailscaled drops all forwards.
 */
export function createUserspaceDataPlane(
  localApi: Pick<LocalApi, "serveConfig" | "setServeConfig" | "watchBus">,
  onLost: () => void,
): DataPlane {
  const section = createServeSection(localApi, withoutForwards, onLost);
  let applied: readonly Forward[] | null = null;

  async function observe(signal?: AbortSignal): Promise<ActiveForward[] | null> {
    const config = await section.read(signal);
    if (config === null) return null;
    return Object.entries(config.TCP ?? {}).flatMap(([nodePort, handler]) => {
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
    flowsAtOnce: () => [],
    packets: () => null,
    // tailscaled closes the flows when a forward goes.
    endFlows: async () => await Promise.resolve(),
  };
}

/** Removes stored forwards that an older release left behind. */
const withoutForwards: BesideSection = (stored) => {
  const { TCP, ...rest } = stored;
  return Object.keys(TCP ?? {}).length === 0 ? stored : rest;
};

import type { LocalApi } from "../tailscale/localapi.ts";
import { type ActiveForward, type DataPlane, type Forward, sameForwards } from "./data-plane.ts";

/** `address:port` of a `TCPForward`. */
const FORWARD = /^(.+):(\d+)$/;

/**
 * Where there is no TUN: tailscaled's own TCP forwarding, by serve config. TCP only, slower, and without byte counts.
 * UDP forwards are left out: whoever plans knows. The whole `TCP` section is ours; other sections are left as they are.
 */
export function createUserspaceDataPlane(localApi: LocalApi): DataPlane {
  let applied: readonly Forward[] | null = null;

  async function observe(signal?: AbortSignal): Promise<ActiveForward[]> {
    const { config } = await localApi.serveConfig(signal);
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

  return {
    mode: "userspace",
    observe,
    intact: async (signal) => sameForwards(applied ?? [], await observe(signal)) || applied === null,
    async replace(forwards, _before, signal) {
      const tcp = forwards.filter(({ protocol }) => protocol === "tcp");
      const { config, etag } = await localApi.serveConfig(signal);
      await localApi.setServeConfig(
        {
          ...config,
          TCP: Object.fromEntries(
            tcp.map((f) => [String(f.nodePort), { TCPForward: `${f.address}:${f.port}` }]),
          ),
        },
        etag,
        signal,
      );
      applied = tcp;
    },
    flows: async () => await Promise.resolve([]),
    // tailscaled closes them itself.
    endFlows: async () => await Promise.resolve(),
  };
}

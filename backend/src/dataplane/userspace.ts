import { type ForegroundSession, openForegroundSession } from "../tailscale/foreground.ts";
import type { LocalApi } from "../tailscale/localapi.ts";
import type { ServeConfig } from "../tailscale/types.ts";
import { type ActiveForward, type DataPlane, type Forward, sameForwards } from "./data-plane.ts";

/** `address:port` of a `TCPForward`. */
const FORWARD = /^(.+):(\d+)$/;

/** A session of tailscaled's, and whether the forwards stand under it by now. */
interface Place {
  readonly session: ForegroundSession;
  taken: boolean;
}

/**
 * Where there is no TUN: tailscaled's own TCP forwarding, by serve config. TCP only, slower, and without byte counts.
 * UDP forwards are left out: whoever plans knows. The forwards stand under a session of ours and nowhere else, so that none of
 * them outlives the backend: tailscaled would take up a stored one by itself, before anybody has looked whose address it is now.
 * `onLost` is told when tailscaled ends the session, and they with it.
 */
export function createUserspaceDataPlane(
  localApi: Pick<LocalApi, "serveConfig" | "setServeConfig" | "watchBus">,
  onLost: () => void,
): DataPlane {
  let applied: readonly Forward[] | null = null;
  let place: Place | null = null;

  async function observe(signal?: AbortSignal): Promise<ActiveForward[] | null> {
    const before = place?.taken === true ? place : null;
    const { config } = await localApi.serveConfig(signal);
    // Stored ones, which an older release has left, are nobody's business any more.
    if (Object.keys(config.TCP ?? {}).length > 0) return null;
    if (before === null) return [];
    const section = before.session.over() ? undefined : config.Foreground?.[before.session.id];
    if (section === undefined) {
      // Another account's config, or none. Under the same session what stands in the one of before would come back with it.
      before.session.close();
      if (place === before) place = null;
      return [];
    }
    return Object.entries(section.TCP ?? {}).flatMap(([nodePort, handler]) => {
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

  /** Takes stored forwards out first: tailscaled refuses a session's port that a stored one has. */
  async function withoutStored(signal?: AbortSignal): Promise<{ config: ServeConfig; etag: string }> {
    const there = await localApi.serveConfig(signal);
    const { TCP, ...config } = there.config;
    if (Object.keys(TCP ?? {}).length === 0) return { config, etag: there.etag };
    await localApi.setServeConfig(config, there.etag, signal);
    return await localApi.serveConfig(signal);
  }

  async function replace(forwards: readonly Forward[], signal?: AbortSignal): Promise<void> {
    const tcp = forwards.filter(({ protocol }) => protocol === "tcp");
    if (place?.session.over() === true) place = null;
    place ??= { session: await openForegroundSession(localApi, onLost, signal), taken: false };
    const now = place;
    const { config, etag } = await withoutStored(signal);
    const TCP = Object.fromEntries(
      tcp.map((f) => [String(f.nodePort), { TCPForward: `${f.address}:${f.port}` }]),
    );
    // Keep the empty section: tailscaled closes a session when its section disappears.
    const Foreground = { ...config.Foreground, [now.session.id]: { TCP } };
    await localApi.setServeConfig({ ...config, Foreground }, etag, signal);
    now.taken = true;
    applied = tcp;
  }

  return {
    mode: "userspace",
    observe,
    intact: async (signal) => applied === null || sameForwards(applied, (await observe(signal)) ?? []),
    replace: async (forwards, _before, signal) => await replace(forwards, signal),
    flows: async () => await Promise.resolve([]),
    // tailscaled closes them itself.
    endFlows: async () => await Promise.resolve(),
  };
}

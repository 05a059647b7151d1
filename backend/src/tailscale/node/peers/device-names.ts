import type { Visitor } from "@tailnet-share/contract/share";
import type { Clock } from "../../../lib/clock.ts";
import type { LocalApi } from "../../localapi/localapi.ts";

type Device = Pick<Visitor, "device" | "user">;

/** Names of tailnet devices by address, read from tailscaled and cached for a while. */
export interface DeviceNames {
  /** Looks up addresses that are unknown or expired. Never rejects. */
  learn(addresses: Iterable<string>): Promise<void>;
  /** Returns what is known now, or the address as the name of an unknown device. */
  visitor(address: string): Device;
}

const KEPT_MS = 300_000;
const MOST_KEPT = 1_000;

export function createDeviceNames(localApi: Pick<LocalApi, "whois">, clock: Clock): DeviceNames {
  const known = new Map<string, { visitor: Device; until: number }>();

  async function ask(address: string): Promise<void> {
    // The query needs a port, but tailscaled only uses the address.
    const answer = await localApi.whois(`${address}:1`).catch(() => null);
    const visitor = answer && {
      device: answer.Node.ComputedName || (answer.Node.Name.split(".")[0] ?? address),
      user: answer.Node.Tags?.length ? "" : (answer.UserProfile?.LoginName ?? ""),
    };
    known.set(address, {
      visitor: visitor ?? { device: address, user: "" },
      until: clock.monotonic() + KEPT_MS,
    });
  }

  return {
    async learn(addresses) {
      const now = clock.monotonic();
      if (known.size > MOST_KEPT) known.clear();
      const unknown = [...new Set(addresses)].filter((address) => (known.get(address)?.until ?? 0) <= now);
      await Promise.all(unknown.map(ask));
    },
    visitor: (address) => known.get(address)?.visitor ?? { device: address, user: "" },
  };
}

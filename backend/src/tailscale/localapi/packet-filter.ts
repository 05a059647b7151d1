import { isIPv6 } from "node:net";
import type { Protocol } from "@tailnet-share/contract/port";
import { z } from "zod";
import { overlaps } from "../../lib/net/subnets.ts";

/**
 * The tailnet's access rules for one device, as its tailscaled enforces them: a device in `Srcs`, or with one of `SrcCaps`, may open
 * what `Dsts` lists. Everything else is dropped. Source: tailscale 1.102.3, `wgengine/filter/filtertype/filtertype.go`, `Match`.
 */
export const PacketFilter = z.array(
  z.object({
    /** Protocol numbers, as in IP headers. */
    IPProto: z.array(z.number()).nullish(),
    Srcs: z.array(z.string()).nullish(),
    SrcCaps: z.array(z.string()).nullish(),
    Dsts: z
      .array(z.object({ Net: z.string(), Ports: z.object({ First: z.number(), Last: z.number() }) }))
      .nullish(),
  }),
);
export type PacketFilter = z.infer<typeof PacketFilter>;

const NUMBERS: Readonly<Record<Protocol, number>> = { tcp: 6, udp: 17 };

/** Returns whether the rules let any other device open a port at one of this device's addresses. Pure. */
export function letsOthersOpen(
  filter: PacketFilter,
  addresses: readonly string[],
  { port, protocol }: { port: number; protocol: Protocol },
): boolean {
  const own = new Set(addresses.map((address) => `${address}/${isIPv6(address) ? 128 : 32}`));
  return filter.some(({ IPProto, Srcs, SrcCaps, Dsts }) => {
    if (!IPProto?.includes(NUMBERS[protocol])) return false;
    const fromOthers = (SrcCaps ?? []).length > 0 || (Srcs ?? []).some((source) => !own.has(source));
    return (
      fromOthers &&
      (Dsts ?? []).some(
        ({ Net, Ports }) =>
          Ports.First <= port && port <= Ports.Last && addresses.some((address) => overlaps(address, Net)),
      )
    );
  });
}

/** Returns whether the rules let a device with one of these addresses open a port. Ignores grants to capabilities. Pure. */
export function letsOpen(
  filter: PacketFilter,
  sources: readonly string[],
  addresses: readonly string[],
  { port, protocol }: { port: number; protocol: Protocol },
): boolean {
  return filter.some(
    ({ IPProto, Srcs, Dsts }) =>
      IPProto?.includes(NUMBERS[protocol]) === true &&
      (Srcs ?? []).some((network) => sources.some((source) => overlaps(source, network))) &&
      (Dsts ?? []).some(
        ({ Net, Ports }) =>
          Ports.First <= port && port <= Ports.Last && addresses.some((address) => overlaps(address, Net)),
      ),
  );
}

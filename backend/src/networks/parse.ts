import { z } from "zod";
import type { NetworkFacts } from "./facts.ts";

const Pool = z.object({
  Subnet: z.string().default(""),
  IPRange: z.string().nullish(),
  Gateway: z.string().nullish(),
  AuxiliaryAddresses: z.record(z.string(), z.string()).nullish(),
});

/**
 * A row of `GET /networks`, and `GET /networks/{id}`.
 * Source: https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Network and later.
 */
export const DescribedNetwork = z.object({
  Id: z.string(),
  Name: z.string().default(""),
  Driver: z.string().default(""),
  Scope: z.string().default(""),
  Internal: z.boolean().default(false),
  Attachable: z.boolean().default(false),
  EnableIPv6: z.boolean().default(false),
  IPAM: z.object({ Config: z.array(Pool).nullish() }).nullish(),
  Options: z.record(z.string(), z.string()).nullish(),
  /** By container ID, or by the engine's name for its own endpoint. Addresses are in CIDR notation. */
  Containers: z.record(z.string(), z.object({ IPv4Address: z.string().nullish() })).nullish(),
});

export function networkFacts(network: z.infer<typeof DescribedNetwork>): NetworkFacts {
  return {
    id: network.Id,
    name: network.Name,
    driver: network.Driver,
    scope: network.Scope,
    internal: network.Internal,
    attachable: network.Attachable,
    ipv6: network.EnableIPv6,
    pools: (network.IPAM?.Config ?? []).flatMap(({ Subnet, IPRange, Gateway, AuxiliaryAddresses }) =>
      Subnet === ""
        ? []
        : [
            {
              subnet: Subnet,
              range: IPRange || null,
              gateway: Gateway || null,
              reserved: Object.values(AuxiliaryAddresses ?? {}),
            },
          ],
    ),
    options: network.Options ?? {},
  };
}

/** IPv4 addresses of a network's current members. */
export function networkMembers({
  Containers,
}: z.infer<typeof DescribedNetwork>): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(Containers ?? {}).map(([id, { IPv4Address }]) => [id, IPv4Address?.split("/")[0] ?? ""]),
  );
}

/** The networks of `GET /networks` by ID. Skips rows that can't be parsed, so that they don't hide the others. */
export function listedNetworks(answer: unknown): ReadonlyMap<string, NetworkFacts> {
  const rows = z.array(z.unknown()).parse(answer);
  return new Map(
    rows.flatMap((row) => {
      const read = DescribedNetwork.safeParse(row);
      return read.success ? [[read.data.Id, networkFacts(read.data)] as const] : [];
    }),
  );
}

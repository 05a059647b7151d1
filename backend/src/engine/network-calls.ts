import { isIPv4 } from "node:net";
import type { NetworkFacts } from "../networks/facts.ts";
import { DescribedNetwork, listedNetworks, networkFacts, networkMembers } from "../networks/parse.ts";
import { type EngineTransport, engineRefusal } from "./transport.ts";

/** The calls about networks. Each rejects as `Engine` says. */
export interface NetworkCalls {
  /** Returns every network by ID. */
  networks(signal?: AbortSignal): Promise<ReadonlyMap<string, NetworkFacts>>;
  /** Returns a network and its members' IPv4 addresses by container ID; null when it is gone. */
  network(id: string, signal?: AbortSignal): Promise<NetworkNow | null>;
  /** Returns the IPv4 address of the engine's host on a network; null when it has none. */
  hostAddressOn(networkId: string, signal?: AbortSignal): Promise<string | null>;
  /**
   * Joins a container to a network, with a priority that keeps it from becoming the default route if the engine supports that.
   * Resolves with false, without joining, when the engine refuses the address. With a null address the engine chooses one.
   */
  joinNetwork(
    networkId: string,
    containerId: string,
    address: string | null,
    signal?: AbortSignal,
  ): Promise<boolean>;
  /** Succeeds also when the network is gone or was never joined. */
  leaveNetwork(networkId: string, containerId: string, signal?: AbortSignal): Promise<void>;
}

export interface NetworkNow {
  facts: NetworkFacts;
  members: ReadonlyMap<string, string>;
}

/**
 * The engine's error when it refuses an address: on the default bridge, on a subnet that it chose itself, or when the address is taken.
 * Sources: moby, `runconfig/errors.go` (20.10), `api/types/network/endpoint.go` (28), `libnetwork/ipamapi/contract.go`; Podman,
 * `libnetwork/netavark/ipam.go`.
 */
const ADDRESS_REFUSED =
  /user specified IP address is supported|no configured subnet|address already in use|invalid endpoint settings|is already allocated/i;

/** Docker answers 403, Podman 403 (5) or 500 (4). */
const JOINED_ALREADY = /already exists|already connected/i;

export function createNetworkCalls(transport: EngineTransport): NetworkCalls {
  return {
    networks: async (signal) => await networks(transport, signal),
    network: async (id, signal) => await network(transport, id, signal),
    async hostAddressOn(networkId, signal) {
      const pools = (await network(transport, networkId, signal))?.facts.pools ?? [];
      return pools.map(({ gateway }) => gateway ?? "").find((gateway) => isIPv4(gateway)) ?? null;
    },

    joinNetwork: async (...join) => await joinNetwork(transport, ...join),
    leaveNetwork: async (...leave) => await leaveNetwork(transport, ...leave),
  };
}

async function networks({ call, reach }: EngineTransport, signal?: AbortSignal) {
  const answer = await call({ method: "GET", path: "/networks", ...(signal ? { signal } : {}) });
  return await reach(async () => await Promise.resolve(listedNetworks(JSON.parse(answer.body))));
}

/** The networks' IDs by name. Podman calls its default network by two names. */
export async function networkIds(
  transport: EngineTransport,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const ids = new Map([...(await networks(transport, signal)).values()].map(({ id, name }) => [name, id]));
  const main = ids.get("bridge");
  return main === undefined ? ids : new Map([["podman", main], ...ids]);
}

async function network(
  { call, reach }: EngineTransport,
  id: string,
  signal?: AbortSignal,
): Promise<NetworkNow | null> {
  const answer = await call(
    { method: "GET", path: `/networks/${encodeURIComponent(id)}`, ...(signal ? { signal } : {}) },
    [404],
  );
  if (answer.status === 404) return null;
  return await reach(async () => {
    const described = await DescribedNetwork.parseAsync(JSON.parse(answer.body));
    return { facts: networkFacts(described), members: networkMembers(described) };
  });
}

async function joinNetwork(
  transport: EngineTransport,
  ...[networkId, containerId, address, signal]: Parameters<NetworkCalls["joinNetwork"]>
): Promise<boolean> {
  const endpoint = {
    ...(transport.dialect().takesPriority ? { GwPriority: -1_000 } : {}),
    ...(address === null ? {} : { IPAMConfig: { IPv4Address: address } }),
  };
  const answer = await transport.call(
    {
      method: "POST",
      path: `/networks/${encodeURIComponent(networkId)}/connect`,
      json: {
        Container: containerId,
        ...(Object.keys(endpoint).length === 0 ? {} : { EndpointConfig: endpoint }),
      },
      ...(signal ? { signal } : {}),
    },
    [400, 403, 404, 409, 500],
  );
  if (answer.status < 400) return true;
  // The engine also refuses when the container has already joined, which is the desired result. Podman 4 does so with 500.
  const { failedJoinStays } = transport.dialect();
  const isRefused = answer.status === 403 || (failedJoinStays && answer.status === 500);
  if (isRefused && JOINED_ALREADY.test(answer.body)) return true;
  if (failedJoinStays) await undoJoin(transport, networkId, containerId);
  if (address !== null && ADDRESS_REFUSED.test(answer.body)) return false;
  throw engineRefusal(answer, transport.dialect());
}

/** Undoes what a failed join has left. The engine may refuse this as well, and has undone it all the same. */
async function undoJoin({ call }: EngineTransport, networkId: string, containerId: string): Promise<void> {
  const path = `/networks/${encodeURIComponent(networkId)}/disconnect`;
  const json = { Container: containerId, Force: false };
  await call({ method: "POST", path, json }, [403, 404, 500]).catch(() => undefined);
}

async function leaveNetwork(
  { call, dialect }: EngineTransport,
  ...[networkId, containerId, signal]: Parameters<NetworkCalls["leaveNetwork"]>
): Promise<void> {
  const answer = await call(
    {
      method: "POST",
      path: `/networks/${encodeURIComponent(networkId)}/disconnect`,
      json: { Container: containerId, Force: false },
      ...(signal ? { signal } : {}),
    },
    [404, 403, 500],
  );
  if ((answer.status === 403 || answer.status === 500) && !/is not connected/i.test(answer.body))
    throw engineRefusal(answer, dialect());
}

import { isIPv4 } from "node:net";
import { AppError } from "@tailnet-share/contract/errors";
import type { Logger } from "pino";
import type { Clock } from "../lib/clock.ts";
import { createLookup } from "../lib/lookup.ts";
import { jsonLines } from "../lib/ndjson.ts";
import type { NetworkFacts } from "../networks/facts.ts";
import { DescribedNetwork, listedNetworks, networkFacts, networkMembers } from "../networks/parse.ts";
import type { ContainerFacts } from "../workloads/facts.ts";
import { claimsIdentity } from "../workloads/identity.ts";
import { type StopRequest, stopRequest, USUAL_STOP } from "../workloads/stop-signal.ts";
import { EVENT_FILTERS } from "./event-filters.ts";
import { createOwnContainerCalls, type OwnContainerCalls } from "./own-containers.ts";
import {
  containerFacts,
  EngineEvent,
  InspectedContainer,
  InspectedImage,
  type InspectedPorts,
  inspectedPorts,
  type ListedContainer,
  listedContainers,
  withoutAges,
} from "./parse.ts";
import { createEngineTransport, type EngineInfo, engineRefusal } from "./transport.ts";

/** The first API version in which `network connect` takes a gateway priority. */
export const GATEWAY_PRIORITY_API = "1.48";

/**
 * The backend's calls to the engine; `ENGINE_RIGHTS` lists the requests behind them. Each rejects with
 * `AppError("ENGINE_UNREACHABLE" | "ENGINE_REFUSED")`.
 */
export interface Engine extends OwnContainerCalls {
  /** Renegotiates the API version; also the cheapest probe. */
  connect(signal?: AbortSignal): Promise<EngineInfo>;
  listContainers(signal?: AbortSignal): Promise<ContainerFacts[]>;
  /** Number of containers in the last list that couldn't be parsed. */
  unreadContainers(): number;
  /**
   * Returns when a container last started, in the engine's notation, and its mounts' paths on the engine's host; null when it is gone.
   * Each start creates another network namespace, so the start time identifies the namespace.
   */
  inspectContainer(id: string, signal?: AbortSignal): Promise<ContainerLife | null>;
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
  /** Resolves when the stream is open; no later event is missed. The stream ends with the engine or the signal. */
  events(signal: AbortSignal): Promise<AsyncIterable<EngineEvent>>;
}

export interface NetworkNow {
  facts: NetworkFacts;
  members: ReadonlyMap<string, string>;
}

export interface ContainerLife {
  startedAt: string;
  running: boolean;
  exitCode: number;
  /** Paths on the engine's host by path in the container. */
  mounts: ReadonlyMap<string, string>;
}

export interface EngineOptions {
  /** Called when a detail that a list lacked becomes known. */
  onTold: () => void;
  clock: Clock;
  log: Pick<Logger, "warn">;
}

/** How long a list waits for inspect calls. Ports are optional; labels are required to identify the workload. Milliseconds. */
const PORTS_MS = 500;
const LABELS_MS = 30_000;

/**
 * The engine's error when it refuses an address: on the default bridge, on a subnet that it chose itself, or when the address is taken.
 * Sources: moby, `runconfig/errors.go` (20.10), `api/types/network/endpoint.go` (28), `libnetwork/ipamapi/contract.go`.
 */
const ADDRESS_REFUSED =
  /user specified IP address is supported|no configured subnet|address already in use|invalid endpoint settings/i;

export function createEngine(socketPath: string, { onTold, clock, log }: EngineOptions): Engine {
  const transport = createEngineTransport(socketPath);
  const { call, reach } = transport;
  /** The last answer with every detail known, without ages; an equal text means equal containers. */
  let last: { text: string; containers: readonly ContainerFacts[] } | null = null;
  /** Number of rows in the last list that couldn't be parsed. */
  let unreadRows: readonly string[] = [];
  async function inspect(id: string, signal?: AbortSignal): Promise<InspectedContainer | null> {
    const answer = await call(
      { method: "GET", path: `/containers/${encodeURIComponent(id)}/json`, ...(signal ? { signal } : {}) },
      [404],
    );
    return answer.status === 404
      ? null
      : await reach(async () => await InspectedContainer.parseAsync(JSON.parse(answer.body)));
  }

  async function network(id: string, signal?: AbortSignal): Promise<NetworkNow | null> {
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

  /** These never change during a container's life; the list leaves them out for stopped containers and on internal networks. */
  const declared = createLookup<{ ports: InspectedPorts; stop: StopRequest }>({
    // The container disappeared between list and inspect; the next event triggers another list.
    async ask(id, signal) {
      const inspected = await inspect(id, signal);
      return inspected && { ports: inspectedPorts(inspected), stop: stopRequest(inspected.Config) };
    },
    waitMs: PORTS_MS,
    strict: false,
    onTold,
    onTrouble: (id, err) =>
      log.warn(
        { event: "engine.ports-untold", container: id.slice(0, 12), err },
        "the engine does not tell a container's ports",
      ),
    clock,
  });

  /** An image's labels never change either. A workload's identity is not decided without them. */
  const imageLabels = createLookup<Readonly<Record<string, string>>>({
    async ask(id, signal) {
      // Any other value doesn't identify an image: the engine doesn't report which one it is.
      if (!/^(?:sha256:)?[0-9a-f]{64}$/.test(id)) return {};
      const answer = await call(
        { method: "GET", path: `/images/${id}/json`, ...(signal ? { signal } : {}) },
        [404],
      );
      // Only an image that no container runs can be removed, so a missing image doesn't affect any share.
      return answer.status === 404
        ? {}
        : (InspectedImage.parse(JSON.parse(answer.body)).Config?.Labels ?? {});
    },
    waitMs: LABELS_MS,
    strict: true,
    onTold,
    onTrouble: (id, err) =>
      log.warn(
        { event: "engine.labels-untold", image: id, err },
        "the engine does not tell an image's labels",
      ),
    clock,
  });

  /** `facts`: null for a container that can't be identified yet. `whole`: whether no detail is missing. */
  async function factsOf(
    row: ListedContainer,
    signal?: AbortSignal,
  ): Promise<{ facts: ContainerFacts | null; whole: boolean }> {
    const [told, labels] = await Promise.all([
      declared.get(row.Id, signal),
      claimsIdentity(row.Labels ?? {}) ? imageLabels.get(row.ImageID, signal) : {},
    ]);
    if (labels === undefined) return { facts: null, whole: false };
    const { ports, stop } = told ?? { ports: null, stop: USUAL_STOP };
    const facts = containerFacts(row, { declared: ports, imageLabels: labels, stop });
    return { facts, whole: told !== undefined };
  }

  return {
    ...createOwnContainerCalls(transport),
    connect: transport.connect,

    async listContainers(signal) {
      const answer = await call({
        method: "GET",
        path: "/containers/json?all=true",
        ...(signal ? { signal } : {}),
      });
      const text = withoutAges(answer.body);
      if (last?.text === text) return [...last.containers];
      last = null;
      return await reach(async () => {
        const { rows, unread } = listedContainers(JSON.parse(answer.body));
        declared.keepOnly(new Set(rows.map(({ Id }) => Id)));
        imageLabels.keepOnly(new Set(rows.map(({ ImageID }) => ImageID)));
        if (unread.length > 0 && unreadRows.join(" ") !== unread.join(" "))
          log.warn(
            { event: "engine.row-unread", containers: unread },
            "the engine lists a container in a form that is not known",
          );
        unreadRows = unread;
        const all = await Promise.all(rows.map(async (row) => await factsOf(row, signal)));
        const containers = all.flatMap(({ facts }) => facts ?? []);
        if (all.every(({ whole }) => whole)) last = { text, containers };
        return [...containers];
      });
    },

    unreadContainers: () => unreadRows.length,

    async inspectContainer(id, signal) {
      const inspected = await inspect(id, signal);
      if (inspected === null) return null;
      const { State, Mounts } = inspected;
      return {
        startedAt: State.StartedAt,
        running: State.Running,
        exitCode: State.ExitCode,
        mounts: new Map((Mounts ?? []).map(({ Source, Destination }) => [Destination, Source])),
      };
    },

    async networks(signal) {
      const answer = await call({ method: "GET", path: "/networks", ...(signal ? { signal } : {}) });
      return await reach(async () => await Promise.resolve(listedNetworks(JSON.parse(answer.body))));
    },

    network,

    async hostAddressOn(networkId, signal) {
      const pools = (await network(networkId, signal))?.facts.pools ?? [];
      return pools.map(({ gateway }) => gateway ?? "").find((gateway) => isIPv4(gateway)) ?? null;
    },

    async joinNetwork(networkId, containerId, address, signal) {
      const endpoint = {
        ...(transport.speaks(GATEWAY_PRIORITY_API) ? { GwPriority: -1_000 } : {}),
        ...(address === null ? {} : { IPAMConfig: { IPv4Address: address } }),
      };
      const answer = await call(
        {
          method: "POST",
          path: `/networks/${encodeURIComponent(networkId)}/connect`,
          json: {
            Container: containerId,
            ...(Object.keys(endpoint).length === 0 ? {} : { EndpointConfig: endpoint }),
          },
          ...(signal ? { signal } : {}),
        },
        address === null ? [403] : [400, 403, 409, 500],
      );
      if (answer.status < 400) return true;
      // The engine also answers 403 when the container has already joined, which is the desired result.
      if (answer.status === 403 && /already exists/i.test(answer.body)) return true;
      if (address !== null && ADDRESS_REFUSED.test(answer.body)) return false;
      throw engineRefusal(answer);
    },

    async leaveNetwork(networkId, containerId, signal) {
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
        throw engineRefusal(answer);
    },

    async events(signal) {
      const { status, body } = await transport.stream({
        method: "GET",
        path: `/events?filters=${encodeURIComponent(EVENT_FILTERS)}`,
        signal,
      });
      if (status !== 200) throw new AppError("ENGINE_REFUSED", "The Docker engine refuses to report events.");
      return parsedEvents(body);
    },
  };
}

async function* parsedEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<EngineEvent> {
  for await (const line of jsonLines(body)) yield EngineEvent.parse(line);
}

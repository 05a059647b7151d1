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

/** From here on `network connect` takes a gateway priority. */
export const GATEWAY_PRIORITY_API = "1.48";

/**
 * What the backend does with the engine; the calls behind it stand in `ENGINE_RIGHTS`. Each rejects with
 * `AppError("ENGINE_UNREACHABLE" | "ENGINE_REFUSED")`.
 */
export interface Engine extends OwnContainerCalls {
  /** Negotiates the API version anew; also the cheapest sign of life. */
  connect(signal?: AbortSignal): Promise<EngineInfo>;
  listContainers(signal?: AbortSignal): Promise<ContainerFacts[]>;
  /** Number of containers in the last list that couldn't be parsed. */
  unreadContainers(): number;
  /**
   * When a container was last started, as the engine writes it, and where its mounts lie on the engine's host; null when it is
   * gone. Two starts are two network namespaces, so this tells one from the other.
   */
  inspectContainer(id: string, signal?: AbortSignal): Promise<ContainerLife | null>;
  /** Every network by ID. */
  networks(signal?: AbortSignal): Promise<ReadonlyMap<string, NetworkFacts>>;
  /** A network and its members' IPv4 addresses by container ID. Null when it is gone. */
  network(id: string, signal?: AbortSignal): Promise<NetworkNow | null>;
  /** IPv4 address that the engine's host has on a network; null where it has none. */
  hostAddressOn(networkId: string, signal?: AbortSignal): Promise<string | null>;
  /**
   * Joins a container to a network, with a priority that keeps it from becoming the default route where the engine supports that.
   * Resolves with false, without joining, when the engine refuses the address. With a null address the engine chooses one.
   */
  joinNetwork(
    networkId: string,
    containerId: string,
    address: string | null,
    signal?: AbortSignal,
  ): Promise<boolean>;
  /** Leaving a network that is gone, or was never joined, is no error. */
  leaveNetwork(networkId: string, containerId: string, signal?: AbortSignal): Promise<void>;
  /** Resolves when the stream is open: from then on no event is missed. It ends with the engine or the signal. */
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
  /** Path on the engine's host by path in the container. */
  mounts: ReadonlyMap<string, string>;
}

export interface EngineOptions {
  /** Something that a list lacked is known now. */
  onTold: () => void;
  clock: Clock;
  log: Pick<Logger, "warn">;
}

/** How long a list waits for what it leaves out: without its ports a container can be shown; not without knowing who it is. Milliseconds. */
const PORTS_MS = 500;
const LABELS_MS = 30_000;

/**
 * The engine refuses an address on the default bridge, on a subnet that it chose itself, or when it is taken. Sources: moby,
 * `runconfig/errors.go` (20.10), `api/types/network/endpoint.go` (28), `libnetwork/ipamapi/contract.go`.
 */
const ADDRESS_REFUSED =
  /user specified IP address is supported|no configured subnet|address already in use|invalid endpoint settings/i;

export function createEngine(socketPath: string, { onTold, clock, log }: EngineOptions): Engine {
  const transport = createEngineTransport(socketPath);
  const { call, reach } = transport;
  /** The last answer with every detail known, without ages; an equal one says the same. */
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

  /** Never change in a container's life; the list leaves them out for stopped ones and on internal networks. */
  const declared = createLookup<{ ports: InspectedPorts; stop: StopRequest }>({
    // Gone between list and inspect: the next event lists again.
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

  /** An image's labels never change either. Whether somebody is who he claims to be is not decided without them. */
  const imageLabels = createLookup<Readonly<Record<string, string>>>({
    async ask(id, signal) {
      // What else stands there names no image: an engine that does not say which one it is.
      if (!/^(?:sha256:)?[0-9a-f]{64}$/.test(id)) return {};
      const answer = await call(
        { method: "GET", path: `/images/${id}/json`, ...(signal ? { signal } : {}) },
        [404],
      );
      // Only an image that no container runs can be removed, so one that is gone has nothing to do with who is shared.
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

  /** `facts`: null for one that cannot be told from another yet. `whole`: whether no detail is missing. */
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
      // 403 is also the answer to joining twice, and that is what was wanted.
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

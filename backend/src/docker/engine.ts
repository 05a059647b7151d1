import { isIPv4 } from "node:net";
import { AppError } from "@tailnet-share/contract/errors";
import type { ContainerPort } from "@tailnet-share/contract/model";
import { z } from "zod";
import { jsonLines } from "../lib/ndjson.ts";
import type { ContainerFacts } from "./facts.ts";
import { claimsService } from "./identity.ts";
import { createOwnContainerCalls, type OwnContainerCalls } from "./own-containers.ts";
import {
  containerFacts,
  EngineEvent,
  exposedPorts,
  InspectedContainer,
  InspectedImage,
  InspectedNetwork,
  ListedContainer,
  ListedNetwork,
} from "./parse.ts";
import { createEngineTransport, type EngineInfo, engineRefusal } from "./transport.ts";

/** From here on `network connect` takes a gateway priority. */
const GATEWAY_PRIORITY_API = "1.48";

/**
 * What the backend does with the engine; the calls behind it stand in `ENGINE_RIGHTS`. Each rejects with
 * `AppError("ENGINE_UNREACHABLE" | "ENGINE_REFUSED")`.
 */
export interface Engine extends OwnContainerCalls {
  /** Negotiates the API version anew; also the cheapest sign of life. */
  connect(signal?: AbortSignal): Promise<EngineInfo>;
  listContainers(signal?: AbortSignal): Promise<ContainerFacts[]>;
  /**
   * When a container was last started, as the engine writes it, and where its mounts lie on the engine's host; null when it is
   * gone. Two starts are two network namespaces, so this tells one from the other.
   */
  inspectContainer(id: string, signal?: AbortSignal): Promise<ContainerLife | null>;
  /** IDs of the networks without a way out (`--internal`). */
  internalNetworks(signal?: AbortSignal): Promise<ReadonlySet<string>>;
  /** IPv4 address that the engine's host has on a network; null where it has none. */
  hostAddressOn(networkId: string, signal?: AbortSignal): Promise<string | null>;
  /** Joins a container to a network without ever becoming its default route, where the engine can promise that. */
  joinNetwork(networkId: string, containerId: string, signal?: AbortSignal): Promise<void>;
  /** Leaving a network that is gone, or was never joined, is no error. */
  leaveNetwork(networkId: string, containerId: string, signal?: AbortSignal): Promise<void>;
  /** Resolves when the stream is open: from then on no event is missed. It ends with the engine or the signal. */
  events(signal: AbortSignal): Promise<AsyncIterable<EngineEvent>>;
}

export interface ContainerLife {
  startedAt: string;
  running: boolean;
  exitCode: number;
  /** Path on the engine's host by path in the container. */
  mounts: ReadonlyMap<string, string>;
}

export function createEngine(socketPath: string): Engine {
  const transport = createEngineTransport(socketPath);
  const { call, reach } = transport;
  /** Declared ports never change in a container's life; the list leaves them out for stopped ones and on internal networks. */
  const exposedById = new Map<string, ContainerPort[]>();

  /** An image's never change either. Several containers of one image are listed at once. */
  const labelsByImage = new Map<string, Promise<Readonly<Record<string, string>>>>();

  async function inspect(id: string, signal?: AbortSignal): Promise<InspectedContainer | null> {
    const answer = await call(
      { method: "GET", path: `/containers/${encodeURIComponent(id)}/json`, ...(signal ? { signal } : {}) },
      [404],
    );
    return answer.status === 404
      ? null
      : await reach(async () => await InspectedContainer.parseAsync(JSON.parse(answer.body)));
  }

  async function exposedOf(id: string, signal?: AbortSignal): Promise<ContainerPort[]> {
    const known = exposedById.get(id);
    if (known) return known;
    const inspected = await inspect(id, signal);
    // Gone between list and inspect: the next event lists again.
    if (inspected === null) return [];
    const ports = exposedPorts(inspected.Config.ExposedPorts);
    exposedById.set(id, ports);
    return ports;
  }

  /** Only an image that no container runs can be removed, so one that is gone has nothing to do with who is shared. */
  async function imageLabelsOf(id: string, signal?: AbortSignal): Promise<Readonly<Record<string, string>>> {
    const known = labelsByImage.get(id);
    if (known !== undefined) return await known;
    // What else stands there names no image: an engine that does not say which one it is.
    if (!/^(?:sha256:)?[0-9a-f]{64}$/.test(id)) return {};
    const asked = (async () => {
      const answer = await call(
        { method: "GET", path: `/images/${id}/json`, ...(signal ? { signal } : {}) },
        [404],
      );
      if (answer.status === 404) return {};
      return InspectedImage.parse(JSON.parse(answer.body)).Config?.Labels ?? {};
    })();
    labelsByImage.set(id, asked);
    asked.catch(() => labelsByImage.delete(id));
    return await asked;
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
      return await reach(async () => {
        const rows = z.array(ListedContainer).parse(JSON.parse(answer.body));
        const present = new Set(rows.map((row) => row.Id));
        for (const id of exposedById.keys()) if (!present.has(id)) exposedById.delete(id);
        const images = new Set(rows.map((row) => row.ImageID));
        for (const id of labelsByImage.keys()) if (!images.has(id)) labelsByImage.delete(id);
        return await Promise.all(
          rows.map(async (row) => {
            const [exposed, imageLabels] = await Promise.all([
              exposedOf(row.Id, signal),
              claimsService(row.Labels ?? {}) ? imageLabelsOf(row.ImageID, signal) : {},
            ]);
            return containerFacts(row, { exposed, imageLabels });
          }),
        );
      });
    },

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

    async internalNetworks(signal) {
      const answer = await call({ method: "GET", path: "/networks", ...(signal ? { signal } : {}) });
      return await reach(async () => {
        const networks = await z.array(ListedNetwork).parseAsync(JSON.parse(answer.body));
        return new Set(networks.filter(({ Internal }) => Internal).map(({ Id }) => Id));
      });
    },

    async hostAddressOn(networkId, signal) {
      const answer = await call(
        { method: "GET", path: `/networks/${encodeURIComponent(networkId)}`, ...(signal ? { signal } : {}) },
        [404],
      );
      if (answer.status === 404) return null;
      const { IPAM } = InspectedNetwork.parse(JSON.parse(answer.body));
      return IPAM?.Config?.map(({ Gateway }) => Gateway ?? "").find((gateway) => isIPv4(gateway)) ?? null;
    },

    async joinNetwork(networkId, containerId, signal) {
      const endpoint = transport.speaks(GATEWAY_PRIORITY_API)
        ? { EndpointConfig: { GwPriority: -1_000 } }
        : {};
      const answer = await call(
        {
          method: "POST",
          path: `/networks/${encodeURIComponent(networkId)}/connect`,
          json: { Container: containerId, ...endpoint },
          ...(signal ? { signal } : {}),
        },
        [403],
      );
      // 403 is also the answer to joining twice, and that is what was wanted.
      if (answer.status === 403 && !/already exists/i.test(answer.body)) throw engineRefusal(answer);
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
      const filters = encodeURIComponent(JSON.stringify({ type: ["container", "network"] }));
      const { status, body } = await transport.stream({
        method: "GET",
        path: `/events?filters=${filters}`,
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

import { isIPv4 } from "node:net";
import { AppError } from "@tailnet-share/contract/errors";
import type { ContainerPort } from "@tailnet-share/contract/model";
import { z } from "zod";
import { jsonLines } from "../lib/ndjson.ts";
import { createUnixHttp, type HttpAnswer, type HttpRequest } from "../lib/unix-http.ts";
import type { ContainerFacts } from "./facts.ts";
import {
  containerFacts,
  EngineEvent,
  exposedPorts,
  InspectedContainer,
  InspectedNetwork,
  ListedContainer,
  VersionAnswer,
} from "./parse.ts";

/** Newest Engine API that this code was tested against; an older engine gets what it speaks. */
const NEWEST_API = "1.54";
/** From here on `network connect` takes a gateway priority. */
const GATEWAY_PRIORITY_API = "1.48";

export interface EngineInfo {
  version: string;
  apiVersion: string;
}

/** The engine calls that the backend may make: this interface is the whole list. Each rejects with `AppError("ENGINE_UNREACHABLE" | "ENGINE_REFUSED")`. */
export interface Engine {
  /** Negotiates the API version anew; also the cheapest sign of life. */
  connect(signal?: AbortSignal): Promise<EngineInfo>;
  listContainers(signal?: AbortSignal): Promise<ContainerFacts[]>;
  /** IPv4 address that the engine's host has on a network; null where it has none. */
  hostAddressOn(networkId: string, signal?: AbortSignal): Promise<string | null>;
  /** Joins a container to a network without ever becoming its default route, where the engine can promise that. */
  joinNetwork(networkId: string, containerId: string, signal?: AbortSignal): Promise<void>;
  /** Leaving a network that is gone, or was never joined, is no error. */
  leaveNetwork(networkId: string, containerId: string, signal?: AbortSignal): Promise<void>;
  /** Resolves when the stream is open: from then on no event is missed. It ends with the engine or the signal. */
  events(signal: AbortSignal): Promise<AsyncIterable<EngineEvent>>;
}

export function createEngine(socketPath: string): Engine {
  const http = createUnixHttp(socketPath, "docker");
  let apiVersion = "";
  /** Declared ports never change in a container's life; the list leaves them out for stopped ones and on internal networks. */
  const exposedById = new Map<string, ContainerPort[]>();

  async function reach<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      throw new AppError(
        "ENGINE_UNREACHABLE",
        "The Docker engine does not answer.",
        "Check that Docker is running. Shares come back by themselves when it is.",
        { cause },
      );
    }
  }

  async function call(options: HttpRequest, allowed: readonly number[] = []): Promise<HttpAnswer> {
    return await reach(async () => {
      if (apiVersion === "") await negotiate(options.signal);
      const answer = await http.send({ ...options, path: `/v${apiVersion}${options.path}` });
      if (answer.status >= 400 && !allowed.includes(answer.status)) throw refusal(answer);
      return answer;
    });
  }

  async function negotiate(signal?: AbortSignal): Promise<EngineInfo> {
    const answer = await http.send({
      method: "GET",
      path: "/version",
      timeoutMs: 5_000,
      ...(signal ? { signal } : {}),
    });
    if (answer.status !== 200) throw refusal(answer);
    const version = VersionAnswer.parse(JSON.parse(answer.body));
    apiVersion = olderVersion(version.ApiVersion, NEWEST_API);
    return { version: version.Version, apiVersion };
  }

  async function exposedOf(id: string, signal?: AbortSignal): Promise<ContainerPort[]> {
    const known = exposedById.get(id);
    if (known) return known;
    const answer = await call(
      { method: "GET", path: `/containers/${id}/json`, ...(signal ? { signal } : {}) },
      [404],
    );
    // Gone between list and inspect: the next event lists again.
    if (answer.status === 404) return [];
    const ports = exposedPorts(InspectedContainer.parse(JSON.parse(answer.body)).Config.ExposedPorts);
    exposedById.set(id, ports);
    return ports;
  }

  return {
    connect: async (signal) => await reach(async () => await negotiate(signal)),

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
        return await Promise.all(
          rows.map(async (row) => containerFacts(row, await exposedOf(row.Id, signal))),
        );
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
      const endpoint = atLeast(apiVersion, GATEWAY_PRIORITY_API)
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
      if (answer.status === 403 && !/already exists/i.test(answer.body)) throw refusal(answer);
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
        throw refusal(answer);
    },

    async events(signal) {
      if (apiVersion === "") await reach(async () => await negotiate(signal));
      const filters = encodeURIComponent(JSON.stringify({ type: ["container", "network"] }));
      const { status, body } = await reach(
        async () =>
          await http.stream({ method: "GET", path: `/v${apiVersion}/events?filters=${filters}`, signal }),
      );
      if (status !== 200) throw new AppError("ENGINE_REFUSED", "The Docker engine refuses to report events.");
      return parsedEvents(body);
    },
  };
}

async function* parsedEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<EngineEvent> {
  for await (const line of jsonLines(body)) yield EngineEvent.parse(line);
}

function refusal(answer: HttpAnswer): AppError {
  const parsed = z.object({ message: z.string() }).safeParse(safeJson(answer.body));
  const reason = parsed.success ? parsed.data.message : `status ${answer.status}`;
  return new AppError(
    "ENGINE_REFUSED",
    `The Docker engine refused: ${reason}`,
    "It is tried again by itself.",
  );
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The older of two API versions such as `1.41` and `1.54`. */
export function olderVersion(a: string, b: string): string {
  return atLeast(a, b) ? b : a;
}

function atLeast(version: string, wanted: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split(".").map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

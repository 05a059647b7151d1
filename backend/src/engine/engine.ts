import { engineName } from "@tailnet-share/contract/engine-name";
import { AppError } from "@tailnet-share/contract/errors";
import { jsonLines } from "../lib/ndjson.ts";
import type { WayOutRule } from "../networks/join-refusal.ts";
import { type ContainerList, createContainerList, type EngineOptions } from "./container-list.ts";
import { EVENT_FILTERS } from "./event-filters.ts";
import { inspect } from "./inspect.ts";
import { createNetworkCalls, type NetworkCalls } from "./network-calls.ts";
import { createOwnContainerCalls, type OwnContainerCalls } from "./own-containers.ts";
import { EngineEvent } from "./parse.ts";
import { createEndsWatch } from "./podman-ends.ts";
import { mayShareMount } from "./shared-mounts.ts";
import { createEngineTransport, type EngineInfo } from "./transport.ts";

/**
 * The backend's calls to the engine; `ENGINE_RIGHTS` lists the requests behind them. Each rejects with
 * `AppError("ENGINE_UNREACHABLE" | "ENGINE_REFUSED")`.
 */
export interface Engine extends ContainerList, NetworkCalls, OwnContainerCalls {
  /** Renegotiates the API version; also the cheapest probe. */
  connect(signal?: AbortSignal): Promise<EngineInfo>;
  /**
   * Returns when a container last started, in the engine's notation, and its mounts' paths on the engine's host; null when it is gone.
   * Each start creates another network namespace, so the start time identifies the namespace.
   */
  inspectContainer(id: string, signal?: AbortSignal): Promise<ContainerLife | null>;
  /** How the engine picks the network for a container's default route. */
  wayOutRule(): WayOutRule;
  /** Reports the end of each of these running containers by an event, where the engine's own would come late. */
  expectEnds(containers: ReadonlySet<string>): void;
  /** Calls `onEnd` with such events until the signal aborts. */
  listenForEnds(onEnd: (event: EngineEvent) => void, signal: AbortSignal): void;
  /** Whether another container may mount what the container `ownId` mounts at `destination`. */
  mayShareMount(ownId: string, destination: string): Promise<boolean>;
  /** Resolves when the stream is open; no later event is missed. The stream ends with the engine or the signal. */
  events(signal: AbortSignal): Promise<AsyncIterable<EngineEvent>>;
}

export interface ContainerLife {
  startedAt: string;
  running: boolean;
  exitCode: number;
  /** Paths on the engine's host by path in the container. */
  mounts: ReadonlyMap<string, string>;
}

export function createEngine(socketPath: string, options: EngineOptions): Engine {
  const transport = createEngineTransport(socketPath);
  const { forget, ...list } = createContainerList(transport, options);
  const ends = createEndsWatch(transport, options.clock);
  return {
    connect: transport.connect,
    expectEnds: (containers) => (transport.dialect().eventsAreLate ? ends.expect(containers) : undefined),
    listenForEnds: (onEnd, signal) =>
      ends.listen((event) => {
        forget(event.Actor.ID);
        onEnd(event);
      }, signal),
    wayOutRule: () => transport.dialect().wayOutRule,
    ...list,
    ...createNetworkCalls(transport),
    ...createOwnContainerCalls(transport),

    async inspectContainer(id, signal) {
      const inspected = await inspect(transport, id, signal);
      if (inspected === null) return null;
      const { State, Mounts } = inspected;
      return {
        startedAt: State.StartedAt,
        running: State.Running,
        exitCode: State.ExitCode,
        mounts: new Map((Mounts ?? []).map(({ Source, Destination }) => [Destination, Source])),
      };
    },

    mayShareMount: async (ownId, destination) => await mayShareMount(transport, ownId, destination),

    async events(signal) {
      const { status, body } = await transport.stream({
        method: "GET",
        path: `/events?filters=${encodeURIComponent(EVENT_FILTERS)}`,
        signal,
      });
      if (status !== 200)
        throw new AppError(
          "ENGINE_REFUSED",
          `${engineName(transport.dialect().kind)} refuses to report events.`,
        );
      return parsedEvents(body, forget);
    },
  };
}

async function* parsedEvents(
  body: AsyncIterable<Uint8Array>,
  forget: (containerId: string) => void,
): AsyncGenerator<EngineEvent> {
  for await (const line of jsonLines(body)) {
    const event = EngineEvent.parse(line);
    if (event.Type === "container") forget(event.Actor.ID);
    yield event;
  }
}

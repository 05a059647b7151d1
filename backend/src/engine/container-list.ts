import type { Logger } from "pino";
import type { Clock } from "../lib/clock.ts";
import type { LookAgain } from "../lib/look-again.ts";
import { createLookup } from "../lib/lookup.ts";
import type { ContainerFacts } from "../workloads/facts.ts";
import { claimsIdentity } from "../workloads/identity.ts";
import { type StopRequest, stopRequest, USUAL_STOP } from "../workloads/stop-signal.ts";
import { inspect } from "./inspect.ts";
import {
  containerFacts,
  InspectedImage,
  type InspectedPorts,
  inspectedPorts,
  type ListedContainer,
  listedContainers,
  withoutAges,
} from "./parse.ts";
import type { EngineTransport } from "./transport.ts";

/** The engine's list of containers, with the details that it leaves out. */
export interface ContainerList {
  listContainers(signal?: AbortSignal): Promise<ContainerFacts[]>;
  /** Number of containers in the last list that couldn't be parsed. */
  unreadContainers(): number;
}

export interface EngineOptions {
  /** Has the loop list again when a list lacked a detail. */
  again: LookAgain;
  clock: Clock;
  log: Pick<Logger, "warn">;
}

/** How long a list waits for inspect calls. Ports are optional; labels are required to identify the workload. Milliseconds. */
const PORTS_MS = 500;
const LABELS_MS = 30_000;

export function createContainerList(transport: EngineTransport, options: EngineOptions): ContainerList {
  const { call, reach } = transport;
  const { log, again } = options;
  /** The last answer with every detail known, without ages; an equal text means equal containers. */
  let last: { text: string; containers: readonly ContainerFacts[] } | null = null;
  /** Number of rows in the last list that couldn't be parsed. */
  let unreadRows: readonly string[] = [];
  const declared = declaredLookup(transport, options);
  const imageLabels = imageLabelsLookup(transport, options);

  /** `facts`: null for a container that can't be identified yet. `whole`: whether no detail is missing. */
  async function factsOf(
    row: ListedContainer,
    signal?: AbortSignal,
  ): Promise<{ facts: ContainerFacts | null; whole: boolean }> {
    const [details, labels] = await Promise.all([
      declared.get(row.Id, signal),
      claimsIdentity(row.Labels ?? {}) ? imageLabels.get(row.ImageID, signal) : {},
    ]);
    if (labels === undefined) return { facts: null, whole: false };
    const { ports, stop } = details ?? { ports: null, stop: USUAL_STOP };
    const facts = containerFacts(row, { declared: ports, imageLabels: labels, stop });
    return { facts, whole: details !== undefined };
  }

  return {
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
        else again.missed();
        return [...containers];
      });
    },

    unreadContainers: () => unreadRows.length,
  };
}

/** These never change during a container's life; the list leaves them out for stopped containers and on internal networks. */
function declaredLookup(transport: EngineTransport, { again, clock, log }: EngineOptions) {
  return createLookup<{ ports: InspectedPorts; stop: StopRequest }>({
    // The container disappeared between list and inspect; the next event triggers another list.
    async ask(id, signal) {
      const inspected = await inspect(transport, id, signal);
      return inspected && { ports: inspectedPorts(inspected), stop: stopRequest(inspected.Config) };
    },
    waitMs: PORTS_MS,
    strict: false,
    onLateAnswer: again.late,
    onTrouble: (id, err) =>
      log.warn(
        { event: "engine.ports-untold", container: id.slice(0, 12), err },
        "the engine does not tell a container's ports",
      ),
    clock,
  });
}

/** An image's labels never change either. A workload's identity is not decided without them. */
function imageLabelsLookup({ call }: EngineTransport, { again, clock, log }: EngineOptions) {
  return createLookup<Readonly<Record<string, string>>>({
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
    onLateAnswer: again.late,
    onTrouble: (id, err) =>
      log.warn(
        { event: "engine.labels-untold", image: id, err },
        "the engine does not tell an image's labels",
      ),
    clock,
  });
}

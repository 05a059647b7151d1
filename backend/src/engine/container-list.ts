import type { Logger } from "pino";
import type { Clock } from "../lib/clock.ts";
import type { LookAgain } from "../lib/look-again.ts";
import { createLookup } from "../lib/lookup.ts";
import type { ContainerFacts } from "../workloads/facts.ts";
import { claimsIdentity } from "../workloads/identity.ts";
import { type StopRequest, stopRequest, USUAL_STOP } from "../workloads/stop-signal.ts";
import type { Dialect } from "./dialect.ts";
import { inspect } from "./inspect.ts";
import { networkIds } from "./network-calls.ts";
import {
  containerFacts,
  type InspectedContainer,
  InspectedImage,
  type InspectedPorts,
  inspectedPorts,
  type ListedContainer,
  listedContainers,
  withoutAges,
} from "./parse.ts";
import { completeRows, isName, ownNetworks, type Placed, placedOf, startOf } from "./podman.ts";
import type { EngineTransport } from "./transport.ts";

/** The engine's list of containers, with the details that it leaves out. */
export interface ContainerList {
  listContainers(signal?: AbortSignal): Promise<ContainerFacts[]>;
  /** Number of containers in the last list that couldn't be parsed. */
  unreadContainers(): number;
}

interface ForgetfulList extends ContainerList {
  /** A container was started, ended or renamed: what was known of it may be wrong. */
  forget(id: string): void;
}

export interface EngineOptions {
  /** Has the loop list again when a list lacked a detail. */
  again: LookAgain;
  clock: Clock;
  log: Pick<Logger, "warn">;
}

/** How long a list waits for what it lacks: for ports, which are optional, and for what a workload is identified by. Milliseconds. */
const PORTS_MS = 500;
const REQUIRED_MS = 30_000;

export function createContainerList(transport: EngineTransport, options: EngineOptions): ForgetfulList {
  const { call, reach } = transport;
  const { log, again } = options;
  /** The last answer with every detail known, without ages; an equal text means equal containers. */
  let last: { text: string; containers: readonly ContainerFacts[] } | null = null;
  /** Number of rows in the last list that couldn't be parsed. */
  let unreadRows: readonly string[] = [];
  const declared = createDetails(transport, options);
  const imageLabels = imageLabelsLookup(transport, options);

  /** `labels`, and under Podman `details`, are undefined for a container that can't be identified yet. */
  async function lookedUp(row: ListedContainer, signal?: AbortSignal) {
    const [details, labels] = await Promise.all([
      declared.get(row, signal),
      claimsIdentity(row.Labels ?? {}) ? imageLabels.get(row.ImageID, signal) : {},
    ]);
    return { row, details, labels };
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
        declared.keepOnly(rows);
        imageLabels.keepOnly(new Set(rows.map(({ ImageID }) => ImageID)));
        if (unread.length > 0 && unreadRows.join(" ") !== unread.join(" "))
          log.warn(
            { event: "engine.row-unread", containers: unread },
            "the engine lists a container in a form that is not known",
          );
        unreadRows = unread;
        const all = await completed(
          transport,
          await Promise.all(rows.map(async (row) => await lookedUp(row, signal))),
          signal,
        );
        const containers = all.flatMap(({ row, details, labels }) => {
          if (labels === undefined) return [];
          const { ports, stop } = details ?? { ports: null, stop: USUAL_STOP };
          return [containerFacts(row, { declared: ports, imageLabels: labels, stop })];
        });
        const whole = all.every(({ details, labels }) => details !== undefined && labels !== undefined);
        if (whole && all.length === rows.length) last = { text, containers };
        else again.missed();
        return [...containers];
      });
    },

    forget(id) {
      if (transport.dialect().listIsWhole) return;
      last = null;
      declared.forget(id);
    },

    unreadContainers: () => unreadRows.length,
  };
}

interface LookedUp {
  row: ListedContainer;
  details: Details | undefined;
  labels: Readonly<Record<string, string>> | undefined;
}

/** Adds to each row what this engine's list lacks. Leaves out rows for which it isn't known yet. */
async function completed(
  transport: EngineTransport,
  all: readonly LookedUp[],
  signal?: AbortSignal,
): Promise<readonly LookedUp[]> {
  if (transport.dialect().listIsWhole) return all;
  const known = all.flatMap((one) => {
    const placed = one.details?.placed;
    return placed == null ? [] : [{ ...one, placed }];
  });
  const hasNames = known.some(({ row, placed }) =>
    Object.values(ownNetworks(row, placed)).some(({ NetworkID }) => isName(NetworkID)),
  );
  const ids = hasNames ? await networkIds(transport, signal) : new Map<string, string>();
  const rows = completeRows(known, (name) => ids.get(name) ?? "");
  return known.map(({ details, labels, row }, index) => ({ row: rows[index] ?? row, details, labels }));
}

/** Details from a container's inspection. */
interface Details {
  ports: InspectedPorts;
  stop: StopRequest;
  /** Null where the list of containers has it. */
  placed: Placed | null;
}

function detailsOf(inspected: InspectedContainer, dialect: Dialect): Details {
  return {
    ports: inspectedPorts(inspected),
    stop: stopRequest(inspected.Config),
    placed: dialect.listIsWhole ? null : placedOf(inspected),
  };
}

/**
 * Ports and stop signal never change during a container's life; the list leaves them out for stopped containers and on internal networks.
 * Where the list lacks more than that, a container is inspected once for each of its starts and each network that it joins.
 */
function createDetails(transport: EngineTransport, { again, clock, log }: EngineOptions) {
  /** Number of times that each container was forgotten. */
  const forgotten = new Map<string, number>();
  const lookup = (isRequired: boolean) =>
    createLookup<Details>({
      // The container disappeared between list and inspect; the next event triggers another list.
      async ask(key, signal) {
        const [id = ""] = key.split(" ");
        const inspected = await inspect(transport, id, signal);
        return inspected && detailsOf(inspected, transport.dialect());
      },
      waitMs: isRequired ? REQUIRED_MS : PORTS_MS,
      strict: isRequired,
      onLateAnswer: again.late,
      onTrouble: (id, err) =>
        log.warn(
          { event: "engine.ports-untold", container: id.slice(0, 12), err },
          "the engine does not tell a container's ports",
        ),
      clock,
    });
  const lookups = { optional: lookup(false), required: lookup(true) };
  const isWhole = () => transport.dialect().listIsWhole;
  const current = () => (isWhole() ? lookups.optional : lookups.required);
  const keyOf = (row: ListedContainer): string =>
    isWhole() ? row.Id : [row.Id, forgotten.get(row.Id) ?? 0, startOf(row)].join(" ");

  return {
    get: async (row: ListedContainer, signal?: AbortSignal) => await current().get(keyOf(row), signal),
    keepOnly(rows: readonly ListedContainer[]) {
      const ids = new Set(rows.map(({ Id }) => Id));
      for (const id of forgotten.keys()) if (!ids.has(id)) forgotten.delete(id);
      current().keepOnly(new Set(rows.map(keyOf)));
    },
    forget: (id: string) => void forgotten.set(id, (forgotten.get(id) ?? 0) + 1),
  };
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
    waitMs: REQUIRED_MS,
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

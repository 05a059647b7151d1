import type { Engine } from "../../engine/engine.ts";
import type { Clock } from "../../lib/clock.ts";
import type { LookAgain } from "../../lib/look-again.ts";
import { within } from "../../lib/timing.ts";
import type { ContainerFacts } from "../../workloads/facts.ts";
import { isHidden } from "../../workloads/identity.ts";

/**
 * Start times of running containers by ID, as the engine writes them. Leaves out containers that turn out not to run. If the engine does
 * not answer for one, keeps its previous value, or else its value in `assumed`.
 */
export type TargetStarts = (
  running: readonly ContainerFacts[],
  assumed: ReadonlyMap<string, string>,
  signal: AbortSignal,
) => Promise<ReadonlyMap<string, string>>;

interface Start {
  /** When the container started; null if it does not run. */
  startedAt: string | null;
  life: string | null;
  askedAt: number;
}

/** How long a look waits for one container. Milliseconds. */
const ANSWER_MS = 2_000;
/** How long a start time counts as fresh, even if the list shows no restart; an event reports restarts as well. Milliseconds. */
const GOOD_FOR_MS = 300_000;

/**
 * The containers whose start times matter: machines' targets, and all containers in a shared container's network namespace. A container
 * that uses the network of a machine's container is reachable through it until that one restarts. Pure.
 */
export function whoseStarts(
  containers: readonly ContainerFacts[],
  shared: { machines: ReadonlySet<string>; nodeTargets: ReadonlySet<string> },
): ContainerFacts[] {
  const byId = new Map(containers.map((container) => [container.id, container]));
  const ids = new Set(shared.machines);
  for (const container of containers) {
    const owners = ownersOf(container, byId);
    const isReached = owners.some((id) => shared.machines.has(id)) && !isHidden(container);
    if (owners.length > 0 && (isReached || shared.nodeTargets.has(container.id)))
      for (const id of [container.id, ...owners]) ids.add(id);
  }
  return containers.filter(({ id, run }) => run !== "stopped" && ids.has(id));
}

/** The IDs of the containers whose network namespace a container uses, the nearest first. */
function ownersOf(container: ContainerFacts, byId: ReadonlyMap<string, ContainerFacts>): string[] {
  const ids = new Set<string>();
  for (let owner: ContainerFacts | undefined = container; owner?.networkMode.kind === "container"; ) {
    const { id } = owner.networkMode;
    if (ids.has(id)) break;
    ids.add(id);
    owner = byId.get(id);
  }
  return [...ids];
}

/**
 * Asks the engine only about containers whose start the list leaves open: with twenty machines, these calls would be most of a look's
 * cost.
 */
export function createTargetStarts(
  engine: Pick<Engine, "inspectContainer">,
  again: LookAgain,
  clock: Clock,
): TargetStarts {
  const known = new Map<string, Start>();
  const underWay = new Map<string, Promise<boolean>>();

  function isGood({ id, life }: ContainerFacts): boolean {
    const start = known.get(id);
    return (
      start !== undefined &&
      start.startedAt !== null &&
      start.life !== null &&
      start.life === life &&
      clock.monotonic() - start.askedAt < GOOD_FOR_MS
    );
  }

  async function ask({ id, life }: ContainerFacts, signal: AbortSignal): Promise<void> {
    const askedAt = clock.monotonic();
    const inspected = await engine.inspectContainer(id, signal);
    known.set(id, { startedAt: inspected?.running ? inspected.startedAt : null, life, askedAt });
  }

  /** Waits only once for an inspect call that hangs. Its answer counts whenever it arrives. */
  async function askInTime(container: ContainerFacts, signal: AbortSignal): Promise<void> {
    if (underWay.has(container.id)) return;
    const asked = ask(container, signal)
      .then(
        () => true,
        () => false,
      )
      .finally(() => underWay.delete(container.id));
    underWay.set(container.id, asked);
    const answered = await within(asked, ANSWER_MS, { clock, signal, otherwise: null });
    if (answered === null) void asked.then(again.late);
    if (answered === false) again.missed();
  }

  return async (running, assumed, signal) => {
    const runningIds = new Set(running.map(({ id }) => id));
    for (const id of known.keys()) if (!runningIds.has(id)) known.delete(id);
    await Promise.all(
      running
        .filter((container) => !isGood(container))
        .map(async (container) => await askInTime(container, signal)),
    );
    return new Map(
      running.flatMap(({ id }): [string, string][] => {
        const start = known.get(id);
        const startedAt = start === undefined ? assumed.get(id) : start.startedAt;
        return startedAt == null ? [] : [[id, startedAt]];
      }),
    );
  };
}

import { AppError } from "@tailnet-share/contract/errors";
import type { ContainerPort } from "@tailnet-share/contract/model";
import type { PutShare } from "@tailnet-share/contract/routes";
import type { ContainerFacts } from "../docker/facts.ts";
import { likeliestFirst } from "../docker/likely-port.ts";
import { refusalOf } from "../docker/targets.ts";
import { currentContainers } from "../docker/workloads.ts";
import type { JsonStore } from "./json-store.ts";
import { assignNodePorts } from "./node-ports.ts";
import type { SharesFile, StoredShare } from "./stored-share.ts";

/** Changes stored intentions. It touches neither Docker nor tailscaled: the loop sees the change and acts. */
export interface ShareService {
  list(): readonly StoredShare[];
  /** Whether there is such a container, or a share of it. */
  knows(workload: string): boolean;
  /**
   * Wants a workload shared. Rejects with `AppError`: `UNKNOWN_WORKLOAD`, `NOT_SHAREABLE`, `NO_PORTS_KNOWN`,
   * `NODE_PORT_TAKEN`, `BAD_REQUEST`, `STORE_UNWRITABLE`; nothing is changed then.
   */
  put(workload: string, wanted: PutShare): Promise<void>;
  /** Wants it shared no more. A workload that is not shared is left alone. */
  remove(workload: string): Promise<void>;
  /** Writes down what a share's container is called now; its ports stay. */
  rebind(
    workload: string,
    to: Pick<StoredShare, "workload" | "name" | "project" | "image" | "lastContainerId">,
  ): Promise<void>;
}

/** `containers` are those observed last. */
export function createShareService(
  store: JsonStore<SharesFile>,
  containers: () => readonly ContainerFacts[],
): ShareService {
  let queue: Promise<unknown> = Promise.resolve();

  /** One change at a time: ports are given out against what the one before has stored. */
  async function change(next: (shares: readonly StoredShare[]) => StoredShare[]): Promise<void> {
    const result = queue.then(async () => {
      const before = store.get().shares;
      const after = next(before);
      if (JSON.stringify(after) !== JSON.stringify(before)) await store.set({ version: 1, shares: after });
    });
    queue = result.catch(() => undefined);
    await result;
  }

  function replaceShare(shares: readonly StoredShare[], workload: string, share: StoredShare): StoredShare[] {
    return shares.some((one) => one.workload === workload)
      ? shares.map((one) => (one.workload === workload ? share : one))
      : [...shares, share];
  }

  return {
    list: () => store.get().shares,
    knows: (workload) =>
      currentContainers(containers()).has(workload) ||
      store.get().shares.some((share) => share.workload === workload),

    async put(workload, { ports, mode }) {
      await change((shares) => {
        const own = shares.find((share) => share.workload === workload);
        const found = currentContainers(containers()).get(workload);
        const facts =
          found === undefined
            ? own
            : {
                name: found.identity.name,
                project: found.identity.project,
                image: found.container.image,
                lastContainerId: found.container.id,
              };
        if (facts === undefined) {
          throw new AppError(
            "UNKNOWN_WORKLOAD",
            "There is no such container.",
            "It may have been removed. Look at the list again.",
          );
        }
        const refusal = found === undefined ? null : refusalOf(found.container);
        if (refusal !== null) throw new AppError("NOT_SHAREABLE", refusal.message, refusal.hint);
        const wanted = ports ?? own?.ports ?? likeliestPort(found?.container.ports ?? []);
        const others = shares.filter((share) => share !== own);
        return replaceShare(shares, workload, {
          workload,
          mode: mode ?? own?.mode ?? "node",
          ports: assignNodePorts(wanted, own, others),
          name: facts.name,
          project: facts.project,
          image: facts.image,
          lastContainerId: facts.lastContainerId,
        });
      });
    },

    async remove(workload) {
      await change((shares) => shares.filter((share) => share.workload !== workload));
    },

    async rebind(workload, to) {
      await change((shares) =>
        shares.map((share) => (share.workload === workload ? { ...share, ...to } : share)),
      );
    },
  };
}

function likeliestPort(ports: readonly ContainerPort[]): ContainerPort[] {
  const [port] = likeliestFirst(ports);
  if (port !== undefined) return [port];
  throw new AppError(
    "NO_PORTS_KNOWN",
    "The container declares no port, so it is not known which one to share.",
    "Name the port that the application listens on.",
  );
}

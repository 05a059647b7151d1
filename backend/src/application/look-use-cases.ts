import { AppError } from "@tailnet-share/contract/errors";
import { LONG_POLL_MS } from "@tailnet-share/contract/limits";
import { checkShare } from "../check/check.ts";
import { openTls } from "../check/https-visit.ts";
import { askByName } from "../check/names.ts";
import { openConnection, sendDatagram } from "../check/tries.ts";
import { holds } from "../dataplane/data-plane.ts";
import { sourceTowards } from "../lib/net/source-address.ts";
import { listeningPort, shownListeners } from "../ports/listener-addresses.ts";
import type { Application, ApplicationDependencies } from "./dependencies.ts";
import type { Settle } from "./settle.ts";

/** How long an opening panel waits for a look. Milliseconds. */
const FIRST_LOOK_MS = 300;

/** How long a check waits for a look into a machine's container. Milliseconds. */
const LOOK_MS = 3_000;

/** How long a request for a container's listeners waits for an answer. Milliseconds. */
const LISTENING_MS = 2_800;

/** The use cases that only read: the snapshot, the check of a share, a container's listeners. */
export function lookUseCases(
  dependencies: ApplicationDependencies,
  { look, catchUp }: Settle,
): Pick<Application, "snapshot" | "check" | "listening"> {
  const { shares, node, loop, feed, dataPlane, clock } = dependencies;

  return {
    async snapshot(since, gone) {
      // With no panel open, unshared containers are polled only every few seconds.
      if (!feed.opened()) {
        loop.trigger("urgent");
        await loop.settled(FIRST_LOOK_MS);
      }
      return await feed.newerThan(since, LONG_POLL_MS, gone);
    },

    async check(workload) {
      const share = shares.list().find((candidate) => candidate.workload === workload);
      if (share === undefined)
        throw new AppError("UNKNOWN_WORKLOAD", "This container is not shared.", "Share it first.");
      await look();
      const machineKey = share.machine?.key;
      return await checkShare(share, {
        observed: loop.observed(),
        node: node.state(),
        mode: dataPlane.mode,
        failures: loop.failures(),
        ...dependencies.tries(),
        connect: openConnection,
        send: sendDatagram,
        ask: askByName,
        openTls,
        visitNode: dependencies.visitNode,
        sourceTowards,
        clock,
        async listening() {
          // For a machine that names no ports, this also refreshes the listeners that the panel shows.
          const ports = machineKey === undefined ? null : await dependencies.lookInto(machineKey, LOOK_MS);
          return ports === null
            ? await dependencies.listening(share.workload, LISTENING_MS)
            : { listeners: [...ports], fault: null };
        },
        rulesInPlace: async (forwards) => await holds(dataPlane, forwards).catch(() => false),
        device: dependencies.device,
      });
    },

    async listening(workload) {
      const deadline = clock.monotonic() + LISTENING_MS;
      await catchUp(workload);
      const { listeners, fault } = await dependencies.listening(workload, deadline - clock.monotonic());
      return { ports: shownListeners(listeners).map(listeningPort), fault };
    },
  };
}

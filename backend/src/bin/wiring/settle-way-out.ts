import { isUndecided } from "../../dataplane/way-out.ts";
import { createEngine } from "../../engine/engine.ts";
import { findSelf, ownContainerId } from "../../engine/self.ts";
import { homeAddress } from "../../reconcile/look/observe.ts";
import type { Basis } from "./basis.ts";

/** How long the start waits for the engine. Milliseconds. */
const WAIT_MS = 5_000;

/**
 * Makes the extension's own network the way out before anything else reads it. After a crash, the backend is still on the networks that it had
 * joined, and Podman restores their default routes in any order.
 */
export async function settleWayOut({ config, clock, log, lookAgain, wayOut }: Basis): Promise<void> {
  if (!(await isUndecided())) return;
  const engine = createEngine(config.engineSocket, { again: lookAgain, clock, log });
  try {
    const containers = await engine.listContainers(AbortSignal.timeout(WAIT_MS));
    await wayOut.keep(homeAddress(findSelf(containers, await ownContainerId())));
  } catch (err) {
    log.warn({ event: "egress.undecided", err }, "several networks have a default route");
  }
}

import type { CheckReport } from "@tailnet-share/contract/check";
import { engineName } from "@tailnet-share/contract/engine-name";
import type { RunState } from "@tailnet-share/contract/workload";
import { resolveShares } from "../reconcile/plan/resolve.ts";
import type { StoredShare } from "../shares/stored-share.ts";
import { exposureOf } from "../status/exposure.ts";
import type { CheckContext } from "./context.ts";
import { checkMachine } from "./machine-hops.ts";
import { checkOnNode } from "./node-hops.ts";
import { createHopList, notRunning } from "./report.ts";

/**
 * Follows the path from the container to the tailnet's other devices, and names the first hop that fails. Connects to each shared TCP port
 * of a container that is shared on the node, and once more from a machine, over the tailnet.
 */
export async function checkShare(share: StoredShare, context: CheckContext): Promise<CheckReport> {
  const hops = createHopList();
  const [resolved] = resolveShares([share], context.observed);
  if (resolved === undefined) throw new Error("a share resolves to one thing");
  const container = resolved.found?.container;
  const run: RunState = container?.run ?? "removed";
  const exposure = exposureOf(resolved, context);
  const of = { run, containerId: container?.id ?? null, exposure };
  const { engine } = context.observed;
  if (run !== "running")
    return {
      hops: hops.fail("container", engine.state === "unreachable" ? engine.fault : notRunning(run)),
      of,
    };
  if (engine.state === "unreachable")
    hops.skip("container", `It ran when ${engineName(engine)} last responded; now it doesn't respond.`);
  else hops.pass("container", "running");
  const walk = share.mode === "machine" ? checkMachine : checkOnNode;
  return { hops: await walk(resolved, exposure, hops, context), of };
}

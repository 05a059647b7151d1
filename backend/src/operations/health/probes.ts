import { engineName } from "@tailnet-share/contract/engine-name";
import type { Fault } from "@tailnet-share/contract/errors";
import type { DataPlane } from "../../dataplane/data-plane.ts";
import type { Egress } from "../../engine/egress.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Loop } from "../../reconcile/loop.ts";
import type { LocalApi } from "../../tailscale/localapi/localapi.ts";
import type { TailnetNode } from "../../tailscale/node/node.ts";
import { type createHealth, dataPlaneProbe, loopProbe } from "./health.ts";
import { storeProbe } from "./store-probe.ts";
import { egressProbe, machinesProbe, tailnetProbe } from "./tailnet-probes.ts";

export interface ProbeDependencies {
  loop: Pick<Loop, "lastPassEndedAt" | "observed">;
  engine: Pick<Engine, "connect">;
  localApi: Pick<LocalApi, "status">;
  dataPlane: Pick<DataPlane, "intact" | "mode">;
  stateDirectory: string;
  storeFaults: () => readonly Fault[];
  egress: Egress;
  node: Pick<TailnetNode, "state">;
  signOfLife: Parameters<typeof tailnetProbe>[1];
  networkInterfaces: Parameters<typeof tailnetProbe>[3];
  clock: Clock;
}

/** Creates the probe for every hop that health tests. */
export function createProbes(dependencies: ProbeDependencies): Parameters<typeof createHealth>[0] {
  const { loop, engine, localApi, dataPlane, stateDirectory, storeFaults, egress, node, clock } =
    dependencies;
  return {
    loop: loopProbe(() => loop.lastPassEndedAt(), clock),
    engine: async (until) => {
      const info = await engine.connect(until);
      return `${engineName(info)} ${info.version} answers.`;
    },
    tailscaled: async (until) => `tailscaled answers: ${(await localApi.status(until)).BackendState}.`,
    "data-plane": dataPlaneProbe(dataPlane),
    store: storeProbe(stateDirectory, storeFaults),
    egress: egressProbe(egress, () => loop.observed().self),
    tailnet: tailnetProbe(
      node.state,
      dependencies.signOfLife,
      dataPlane.mode,
      dependencies.networkInterfaces,
    ),
    machines: machinesProbe(() => loop.observed().machines.present),
  };
}

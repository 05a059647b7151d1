import { z } from "zod";
import { Fault } from "./errors.ts";
import { MachineKey } from "./machine.ts";
import { Account, DataPlane, EngineState, NodeState, Update } from "./node.ts";
import { PanelOnTailnet } from "./session.ts";
import { Settings } from "./settings.ts";
import { Workload } from "./workload.ts";

/** A lasting fault that belongs to no single share. */
export const Alert = Fault.extend({
  /**
   * With `MACHINE_NOT_REMOVED`: the machines that are no longer shared and are still in their tailnet. `controlUrl`: that tailnet's
   * control server.
   */
  machines: z
    .array(z.object({ key: MachineKey, name: z.string(), controlUrl: z.string() }))
    .min(1)
    .optional(),
});
export type Alert = z.infer<typeof Alert>;

/** Everything the panel shows, as one versioned value. */
export const Snapshot = z.object({
  /** Opaque; changes whenever any other field changes, also across restarts of the backend. */
  revision: z.string(),
  node: NodeState,
  accounts: z.array(Account),
  engine: EngineState,
  dataPlane: DataPlane,
  alerts: z.array(Alert),
  workloads: z.array(Workload),
  /** Number of containers that are left out because they can't be parsed or displayed. */
  skipped: z.int().min(0),
  settings: Settings,
  /** Null where browsers get no panel. */
  panelOnTailnet: PanelOnTailnet.nullable(),
  versions: z.object({ backend: z.string(), tailscale: z.string().nullable() }),
  /** Updates announced by the control server or by the shipped list of vulnerabilities, filtered by `Settings.updateNotices`. */
  updates: z.array(Update),
});
export type Snapshot = z.infer<typeof Snapshot>;

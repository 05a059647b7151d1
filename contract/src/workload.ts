import { z } from "zod";
import { Fault } from "./errors.ts";
import { Hostname } from "./log-in.ts";
import { ContainerPort, PortRange } from "./port.ts";
import { ShareView } from "./share.ts";

/**
 * Identity of a workload: survives re-creation, so never a container ID. `compose:<project>/<service>/<replica>`,
 * `swarm:<service>/<slot or node>`, `devcontainer:<hash of folder and configuration>` or `name:<container name>`.
 */
export const WorkloadId = z
  .string()
  .max(600)
  .regex(
    /^(compose:[^/\s]+\/[^/\s]+\/\d+|swarm:[^/\s]+\/[^/\s]+|devcontainer:[^/\s]+|name:[^/\s]+)$/,
    "not a workload's identity",
  );
export type WorkloadId = z.infer<typeof WorkloadId>;

/** The source of a workload's identity. The engine made an `invented-name` up: the next container gets another one. */
export const IdentityKind = z.enum(["compose", "swarm", "dev-container", "name", "invented-name"]);
export type IdentityKind = z.infer<typeof IdentityKind>;

export const RunState = z.enum(["running", "paused", "restarting", "stopped", "removed"]);
export type RunState = z.infer<typeof RunState>;

/** One row of the panel. */
export const Workload = z.object({
  id: WorkloadId,
  identity: IdentityKind,
  /** The service, the dev container's folder, else the container's name; shortened if too long to read. */
  name: z.string(),
  project: z.string().nullable(),
  image: z.string(),
  run: RunState,
  /** Full ID of the workload's current container, for the host's 'view container'; null if it was removed. */
  containerId: z.string().nullable(),
  /** Ports that the container declares individually; the port of a single click comes first. Empty if it declares none. */
  ports: z.array(ContainerPort),
  /** False while the engine has listed the container but not yet reported its declared ports. */
  portsKnown: z.boolean(),
  /** Ports that it declares in long runs, such as a telephone system's 10,000 ports. A few of them may be in `ports` as well. */
  portRanges: z.array(PortRange),
  /** The reason why it can't be shared; null if it can. */
  refusal: Fault.nullable(),
  /** As a machine of its own: the name that it would get, and the reason why it can't be one; null if it can. */
  machine: z.object({ name: Hostname, refusal: Fault.nullable() }),
  share: ShareView.nullable(),
  /**
   * Set while a share has ended but parts of it are still in place, so that others may still reach the container; null otherwise. `fault`
   * says why they could not be removed; the loop retries.
   */
  ending: z.object({ fault: Fault.nullable() }).nullable(),
});
export type Workload = z.infer<typeof Workload>;

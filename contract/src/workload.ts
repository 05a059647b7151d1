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

/** Where a workload's identity comes from. An `invented-name` is one that the engine made up: the next container gets another one. */
export const IdentityKind = z.enum(["compose", "swarm", "dev-container", "name", "invented-name"]);
export type IdentityKind = z.infer<typeof IdentityKind>;

export const RunState = z.enum(["running", "paused", "restarting", "stopped", "removed"]);
export type RunState = z.infer<typeof RunState>;

/** One row of the panel. */
export const Workload = z.object({
  id: WorkloadId,
  identity: IdentityKind,
  /** The service, the dev container's folder, else the container's name; cut where it is too long to read. */
  name: z.string(),
  project: z.string().nullable(),
  image: z.string(),
  run: RunState,
  /** Full container ID of where the workload is right now, for the host's 'view container'; null when removed. */
  containerId: z.string().nullable(),
  /** What the container declares one by one, the port of a single click first. Empty when it declares none. */
  ports: z.array(ContainerPort),
  /** False while the engine has listed the container but not yet reported the ports that it declares. */
  portsKnown: z.boolean(),
  /** What it declares by the dozen, such as a telephone system's 10,000 ports. A few of them may be in `ports` as well. */
  portRanges: z.array(PortRange),
  /** Null when it can be shared, else why not. */
  refusal: Fault.nullable(),
  /** As a machine of its own: the name that it would get, and why it cannot be one; null when it can. */
  machine: z.object({ name: Hostname, refusal: Fault.nullable() }),
  share: ShareView.nullable(),
  /**
   * It is shared no more, but what was set up for that is still there, so others may still reach it: null otherwise. `fault`
   * says why it could not be taken away; it is tried again by itself.
   */
  ending: z.object({ fault: Fault.nullable() }).nullable(),
});
export type Workload = z.infer<typeof Workload>;

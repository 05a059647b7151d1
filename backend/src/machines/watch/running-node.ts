import { AppError } from "@tailnet-share/contract/errors";
import type { TailnetNode } from "../../tailscale/node/node.ts";
import type { MachineWatch } from "./watch.ts";

/** The node of a machine whose step was planned while it ran. Throws `AppError("MACHINE_FAILED")` if it has ended since. */
export function runningNode(watch: Pick<MachineWatch, "node">, key: string): TailnetNode {
  const node = watch.node(key);
  if (node === null)
    throw new AppError("MACHINE_FAILED", "The machine has ended.", "Tailnet Share restarts it.");
  return node;
}

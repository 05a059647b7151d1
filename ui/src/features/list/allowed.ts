import type { Mode } from "@tailnet-share/contract/share";
import type { Workload } from "@tailnet-share/contract/workload";
import type { Intents } from "../../model/intent.ts";
import { addressOf, type Status } from "../../model/status.ts";

/** What one click on the switch means. */
export type SwitchAction =
  | { readonly does: "share" }
  /** Something is missing that only a person knows, so the row opens and asks: a port, or another way to reach it. */
  | { readonly does: "ask" }
  | { readonly does: "unshare" }
  | { readonly does: "nothing"; readonly why: string };

export type MenuAction = "view-container" | "view-logs" | "copy-address" | "forget";

/** The switch stands where the intention stands, whether or not it is in place yet. */
export function isOn(status: Status): boolean {
  return (
    status.kind === "starting" ||
    status.kind === "live" ||
    status.kind === "waiting" ||
    status.kind === "needs-approval" ||
    status.kind === "failed"
  );
}

/** `mode` is what the click would make of it. */
export function switchAction(workload: Workload, status: Status, mode: Mode): SwitchAction {
  if (isOn(status)) return { does: "unshare" };
  if (status.kind === "refused") return { does: "nothing", why: status.fault.message };
  return oneClickShares(workload, mode) ? { does: "share" } : { does: "ask" };
}

export function menuActions(workload: Workload, status: Status, hostShowsContainers: boolean): MenuAction[] {
  const actions: MenuAction[] = [];
  if (hostShowsContainers && workload.containerId !== null) actions.push("view-container", "view-logs");
  if (status.kind === "live" && addressOf(status, true) !== null) actions.push("copy-address");
  if (workload.run === "removed" && workload.share) actions.push("forget");
  return actions;
}

/** Workloads that one click on their project's switch would share, as things are asked for right now. */
export function shareable(workloads: readonly Workload[], oneClick: Mode, intents: Intents): Workload[] {
  return workloads.filter(
    (workload) =>
      !isWanted(workload, intents) &&
      !workload.refusal &&
      oneClickShares(workload, oneClick) &&
      workload.run !== "removed",
  );
}

/** Whether it is to be shared: by what was clicked last, else by what is stored. */
export function isWanted({ id, share }: Workload, intents: Intents): boolean {
  const intent = intents.get(id);
  return intent === undefined ? share !== null : intent !== "unshare";
}

/**
 * The node answers for known ports only; a machine answers on all of them, but not every container can be one. Where the engine has
 * not reported the ports yet, the backend waits for them.
 */
function oneClickShares({ ports, portsKnown, machine }: Workload, mode: Mode): boolean {
  return mode === "node" ? ports.length > 0 || !portsKnown : machine.refusal === null;
}

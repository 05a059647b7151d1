import type { Mode } from "@tailnet-share/contract/share";
import type { Workload } from "@tailnet-share/contract/workload";
import type { Intents } from "../../model/intent.ts";
import { addressOf, type Status } from "../../model/status.ts";

/** The effect of one click on the switch. */
export type SwitchAction =
  | { readonly does: "share" }
  /** Needs input that only the user can give (a port or another mode), so the row opens and asks. */
  | { readonly does: "ask" }
  | { readonly does: "unshare" }
  | { readonly does: "nothing"; readonly why: string };

export type MenuAction = "view-container" | "view-logs" | "copy-address" | "forget";

/** The switch shows the intent, whether or not it has taken effect. */
export function isOn(status: Status): boolean {
  return (
    status.kind === "starting" ||
    status.kind === "live" ||
    status.kind === "waiting" ||
    status.kind === "needs-approval" ||
    status.kind === "failed"
  );
}

/** `mode` is the mode that the click would select. */
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

/** Returns the workloads that one click on their project's switch would share, given the pending requests. */
export function shareable(workloads: readonly Workload[], oneClick: Mode, intents: Intents): Workload[] {
  return workloads.filter(
    (workload) =>
      !isWanted(workload, intents) &&
      !workload.refusal &&
      oneClickShares(workload, oneClick) &&
      workload.run !== "removed",
  );
}

/** Returns true when the workload should be shared: by the last click, otherwise by the stored state. */
export function isWanted({ id, share }: Workload, intents: Intents): boolean {
  const intent = intents.get(id);
  return intent === undefined ? share !== null : intent !== "unshare";
}

/**
 * The node exposes known ports only. A machine exposes all ports, but not every container can be one. While the engine has
 * not reported the ports, the backend waits for them.
 */
function oneClickShares({ ports, portsKnown, machine }: Workload, mode: Mode): boolean {
  return mode === "node" ? ports.length > 0 || !portsKnown : machine.refusal === null;
}

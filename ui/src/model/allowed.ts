import type { Workload } from "@tailnet-share/contract/model";
import type { Status } from "./status.ts";

/** What one click on the switch means. */
export type SwitchAction =
  | { readonly does: "share" }
  /** Nothing is known to listen anywhere, so the row opens and asks for a port. */
  | { readonly does: "ask-port" }
  | { readonly does: "unshare" }
  | { readonly does: "nothing"; readonly why: string };

export type MenuAction = "view-container" | "view-logs" | "copy-address" | "forget";

/** The switch stands where the intention stands, whether or not it is in place yet. */
export function isOn(status: Status): boolean {
  return (
    status.kind === "starting" ||
    status.kind === "live" ||
    status.kind === "waiting" ||
    status.kind === "failed"
  );
}

export function switchAction(workload: Workload, status: Status): SwitchAction {
  if (isOn(status)) return { does: "unshare" };
  if (status.kind === "refused") return { does: "nothing", why: status.fault.message };
  return workload.ports.length === 0 ? { does: "ask-port" } : { does: "share" };
}

export function menuActions(workload: Workload, status: Status, hostShowsContainers: boolean): MenuAction[] {
  const actions: MenuAction[] = [];
  if (hostShowsContainers && workload.containerId !== null) actions.push("view-container", "view-logs");
  if (status.kind === "live" && status.endpoints.length > 0) actions.push("copy-address");
  if (workload.run === "removed" && workload.share) actions.push("forget");
  return actions;
}

/** Workloads that one click on their project's switch would share. */
export function shareable(workloads: readonly Workload[]): Workload[] {
  return workloads.filter(
    ({ share, refusal, ports, run }) => !share && !refusal && ports.length > 0 && run !== "removed",
  );
}

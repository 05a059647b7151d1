import type { MachineCredential } from "@tailnet-share/contract/machine";
import type { Settings } from "@tailnet-share/contract/settings";
import type { Mode } from "@tailnet-share/contract/share";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { plural } from "../../model/format.ts";

type OneClick = Settings["oneClick"];

export const ONE_CLICK: ReadonlyArray<{ readonly value: OneClick; readonly label: string }> = [
  { value: "auto", label: "Automatic" },
  { value: "node", label: "On this node" },
  { value: "machine", label: "Own machine" },
];

const NOW: Record<Mode, string> = { node: "on this node", machine: "own machine" };

export function oneClickEffect(value: OneClick, now: Mode): string {
  switch (value) {
    case "auto":
      return `Own machine if a credential is saved, otherwise this node. Now: ${NOW[now]}.`;
    case "node":
      return "Only the ports you select, on this node.";
    case "machine":
      return "Its own name and IP address, with all listening ports.";
  }
}

export const CREDENTIAL_LABEL: Record<MachineCredential["kind"], string> = {
  none: "Login links",
  oauth: "OAuth client",
  "auth-key": "Reusable auth key",
};

export const CREDENTIAL_EFFECT: Record<MachineCredential["kind"], string> = {
  none: "Open a login link for each new machine.",
  oauth: "Recommended. A single-use, tagged key per machine. Not with Headscale.",
  "auth-key": "One reusable key for all machines.",
};

type MachineNames = Settings["machineNames"];

export const MACHINE_NAMES: ReadonlyArray<{ readonly value: MachineNames; readonly label: string }> = [
  { value: "service", label: "Service or container" },
  { value: "project-service", label: "Project and service" },
];

export function machineNamesEffect(value: MachineNames, domain: string): string {
  const full = (name: string) => (domain === "" ? name : `${name}.${domain}`);
  switch (value) {
    case "service":
      return `The service 'web' of the project 'shop' becomes ${full("web")}.`;
    case "project-service":
      return `The service 'web' of the project 'shop' becomes ${full("shop-web")}.`;
  }
}

type UpdateNotices = Settings["updateNotices"];

export const UPDATE_NOTICES: ReadonlyArray<{
  readonly value: UpdateNotices;
  readonly label: string;
  readonly effect: string;
}> = [
  {
    value: "all",
    label: "All releases",
    effect: "Shows a notice when your control server announces a newer Tailscale release.",
  },
  {
    value: "security",
    label: "Security fixes only",
    effect: "Shows a notice when a newer Tailscale release fixes a known vulnerability.",
  },
  { value: "none", label: "None", effect: "Shows no notices. Look for updates yourself." },
];

/** Lists the versions that machines currently run, the most frequent first. */
export function runningVersions({ workloads }: Pick<Snapshot, "workloads">): string {
  const counts = new Map<string, number>();
  for (const { share } of workloads) {
    const version = share?.machine?.version;
    if (version) counts.set(version, (counts.get(version) ?? 0) + 1);
  }
  if (counts.size === 0) return "No machine runs right now.";
  const parts = [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([version, count]) => `${version} in ${plural(count, "machine", "machines")}`);
  return `Running now: ${parts.join(", ")}.`;
}

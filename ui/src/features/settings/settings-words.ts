import type { MachineCredential } from "@tailnet-share/contract/machine";
import type { Settings } from "@tailnet-share/contract/settings";
import type { Mode } from "@tailnet-share/contract/share";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { plural } from "../../model/format.ts";

type OneClick = Settings["oneClick"];

export const ONE_CLICK: ReadonlyArray<{ readonly value: OneClick; readonly label: string }> = [
  { value: "auto", label: "Decide for me" },
  { value: "node", label: "On this node" },
  { value: "machine", label: "Its own machine" },
];

const NOW: Record<Mode, string> = { node: "on this node", machine: "its own machine" };

export function oneClickEffect(value: OneClick, now: Mode): string {
  switch (value) {
    case "auto":
      return `On this node until machines can log in automatically. Right now: ${NOW[now]}.`;
    case "node":
      return "At this node's name, only on the ports that you share.";
    case "machine":
      return "At a name of its own, on every port that the container listens on.";
  }
}

export const CREDENTIAL_LABEL: Record<MachineCredential["kind"], string> = {
  none: "One link for each machine",
  oauth: "OAuth client",
  "auth-key": "Reusable auth key",
};

export const CREDENTIAL_EFFECT: Record<MachineCredential["kind"], string> = {
  none: "Each new machine waits until you open its log-in link.",
  oauth: "Makes a single-use key with your tags for each machine. Not for Headscale.",
  "auth-key": "Each new machine logs in with this key, so it must be reusable.",
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
    label: "Every release",
    effect: "Shows a notice when your control server announces a newer Tailscale release.",
  },
  {
    value: "security",
    label: "Security only",
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

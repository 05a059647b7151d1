import type { MachineCredential, Mode, Settings, Snapshot } from "@tailnet-share/contract/model";
import { plural } from "./format.ts";

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
      return `On this node until machines can log in by themselves. Right now: ${NOW[now]}.`;
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

/** The versions that machines run right now, the most frequent first. */
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

import { assertNever } from "@tailnet-share/contract/errors";
import { plural } from "../../model/format.ts";
import type { FoundPort, PortLine } from "../../model/ports.ts";

/** Result of scanning a container for listeners. */
export type Looked =
  /** The container is not running, so there is nothing to find. */
  | { readonly state: "idle" }
  /** `before`: the previous result; null the first time. */
  | { readonly state: "asking"; readonly before: readonly FoundPort[] | null }
  | { readonly state: "found"; readonly ports: readonly FoundPort[] }
  | { readonly state: "unknown"; readonly message: string; readonly hint: string };

export function foundPorts(looked: Looked): readonly FoundPort[] | null {
  switch (looked.state) {
    case "asking":
      return looked.before;
    case "found":
      return looked.ports;
    case "idle":
    case "unknown":
      return null;
    default:
      return assertNever(looked);
  }
}

/** Describes a port; null while unknown. */
export function listeningWords({ listening, found, loopback }: PortLine): string | null {
  if (loopback) return "on 127.0.0.1 only";
  if (found) return "found listening";
  return listening === null ? null : listening ? "listening" : "not listening";
}

/** Summarizes the scan under the ports. Null during the first scan. */
export function lookedWords(looked: Looked, lines: readonly PortLine[]): string | null {
  switch (looked.state) {
    case "idle":
      return "What it listens on is known once it runs.";
    case "asking":
      return looked.before === null ? null : "Looking…";
    case "unknown":
      return [looked.message, looked.hint].filter(Boolean).join(" ");
    case "found": {
      const found = lines.filter((line) => line.found).length;
      if (looked.ports.length === 0) return "Nothing in the container takes connections right now.";
      if (lines.some(({ loopback }) => loopback))
        return "A machine of its own reaches what listens on 127.0.0.1 only.";
      if (found === 0) return "Nothing listens on any other port.";
      return `Something listens on ${plural(found, "port", "ports")} that the container does not declare.`;
    }
    default:
      return assertNever(looked);
  }
}

/** Introduces the ports of a container that has none known or shared. `portsKnown` is the field of the contract's `Workload`. */
export function introWords(looked: Looked, portsKnown: boolean): string {
  const none = portsKnown
    ? "This container declares no ports."
    : "The engine has not reported this container’s ports yet.";
  const ports = foundPorts(looked);
  if (looked.state === "asking" && ports === null) return `${none} Looking for what its programs listen on…`;
  if (ports !== null && ports.length > 0)
    return `${none} Tick one that something listens on, or enter another, and it is shared.`;
  return `${none} Enter the one its program listens on, and it is shared.`;
}

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
  if (found) return "detected";
  return listening === null ? null : listening ? "listening" : "not listening";
}

/** Summarizes the scan under the ports. Null during the first scan. */
export function lookedWords(looked: Looked, lines: readonly PortLine[]): string | null {
  switch (looked.state) {
    case "idle":
      return "Start the container to detect open ports.";
    case "asking":
      return looked.before === null ? null : "Scanning…";
    case "unknown":
      return [looked.message, looked.hint].filter(Boolean).join(" ");
    case "found": {
      const found = lines.filter((line) => line.found).length;
      if (looked.ports.length === 0) return "No open ports found.";
      if (lines.some(({ loopback }) => loopback))
        return "An own machine also reaches ports that are open on 127.0.0.1 only.";
      if (found === 0) return "No other open ports.";
      return `Found ${plural(found, "open port", "open ports")} that the image doesn't expose.`;
    }
    default:
      return assertNever(looked);
  }
}

/** Introduces the ports of a container that has none known or shared. `portsKnown` is the field of the contract's `Workload`. */
export function introWords(looked: Looked, portsKnown: boolean): string {
  const none = portsKnown
    ? "This image exposes no ports."
    : "The engine hasn't reported this container's ports yet.";
  const ports = foundPorts(looked);
  if (looked.state === "asking" && ports === null) return `${none} Scanning for open ports…`;
  if (ports !== null && ports.length > 0) return `${none} Select a detected one or enter a port.`;
  return `${none} Enter a port.`;
}

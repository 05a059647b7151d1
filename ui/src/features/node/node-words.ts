import { assertNever } from "@tailnet-share/contract/errors";
import type { NodeState } from "@tailnet-share/contract/node";
import { plural } from "../../model/format.ts";
import type { Outage } from "../../model/outage.ts";
import type { Tone } from "../../model/status.ts";

type Paths = Extract<NodeState, { state: "connected" }>["paths"];

export interface NodeWords {
  readonly tone: Tone;
  readonly text: string;
}

/** Describes the state for the header. An outage wins over a connected node. */
export function stateWords(node: NodeState, outage: Outage | null): NodeWords {
  switch (outage) {
    case "backend":
      return { tone: "waiting", text: "Backend isn't responding" };
    case "engine":
      return { tone: "waiting", text: "Container engine isn't responding" };
    case "control":
      return { tone: "waiting", text: "Control server unreachable" };
    case "node":
    case null:
      return nodeWords(node);
    default:
      return assertNever(outage);
  }
}

/** Describes the node's state alone. */
export function nodeWords(node: NodeState): NodeWords {
  switch (node.state) {
    case "starting":
      return { tone: "busy", text: "Starting…" };
    case "logged-out":
      return node.login ? { tone: "busy", text: "Logging in…" } : { tone: "idle", text: "Not logged in" };
    case "needs-approval":
      return { tone: "waiting", text: "Needs approval" };
    case "connecting":
      return { tone: "busy", text: "Connecting…" };
    case "connected":
      return { tone: "good", text: `Connected · ${node.name} · ${node.tailnet || node.user}` };
    case "paused":
      return { tone: "idle", text: `Paused · ${node.name} · ${node.tailnet || node.user}` };
    case "expired":
      return { tone: "bad", text: "Node key expired" };
    case "failed":
      return { tone: "bad", text: "Not connected" };
    default:
      return assertNever(node);
  }
}

export interface PathWords {
  readonly text: string;
  /** Explains the state in more detail. */
  readonly meaning: string;
}

/** Describes how the node's packets travel; null while there are none. */
export function pathWords({ direct, relayed, relay }: Paths): PathWords | null {
  const via = relay === "" ? "" : ` via DERP ${relay}`;
  const relayOf = relay === "" ? "a DERP relay" : `the DERP relay ${relay}`;
  if (direct + relayed === 0) return null;
  if (relayed === 0)
    return {
      text: `Direct connections (${direct})`,
      meaning: `Direct connections to ${plural(direct, "device", "devices")}`,
    };
  const slower = `${plural(relayed, "device goes", "devices go")} through ${relayOf}, which is slower`;
  if (direct === 0) return { text: `Relayed${via} (slower)`, meaning: `Traffic of ${slower}` };
  return {
    text: `${direct} direct, ${relayed} relayed${via}`,
    meaning: `Direct connections to ${plural(direct, "device", "devices")}; traffic of ${slower}`,
  };
}

const DAY_MS = 86_400_000;
const WARN_DAYS = 14;

/** Warns when a device's key expires within two weeks. `now` is in milliseconds since the epoch. */
export function expiryWords(keyExpiry: string | null, now: number, key = "Node key"): string | null {
  const end = keyExpiry === null ? Number.NaN : Date.parse(keyExpiry);
  const days = Math.floor((end - now) / DAY_MS);
  if (Number.isNaN(days) || days >= WARN_DAYS || days < 0) return null;
  if (days === 0) return `${key} expires within a day.`;
  return `${key} expires in ${plural(days, "day", "days")}.`;
}

/** Milliseconds until `expiryWords` changes, at most a day. Null for never. */
export function expiryWordsHold(keyExpiry: string | null, now: number): number | null {
  const end = keyExpiry === null ? Number.NaN : Date.parse(keyExpiry);
  return end > now ? ((end - now) % DAY_MS) + 1 : null;
}

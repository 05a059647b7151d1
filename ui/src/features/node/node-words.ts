import { assertNever } from "@tailnet-share/contract/errors";
import type { NodeState } from "@tailnet-share/contract/node";
import { plural } from "../../model/format.ts";
import type { Tone } from "../../model/status.ts";

type Paths = Extract<NodeState, { state: "connected" }>["paths"];

export interface NodeWords {
  readonly tone: Tone;
  readonly text: string;
}

/** Describes the node's state for the header. */
export function nodeWords(node: NodeState): NodeWords {
  switch (node.state) {
    case "starting":
      return { tone: "busy", text: "Starting…" };
    case "logged-out":
      return node.login ? { tone: "busy", text: "Logging in…" } : { tone: "idle", text: "Not logged in" };
    case "needs-approval":
      return { tone: "waiting", text: "Waiting for approval" };
    case "connecting":
      return { tone: "busy", text: "Connecting…" };
    case "connected":
      return { tone: "good", text: `Connected to ${node.tailnet || node.user} as ${node.name}` };
    case "paused":
      return { tone: "idle", text: `Paused on ${node.tailnet || node.user} as ${node.name}` };
    case "expired":
      return { tone: "bad", text: `Log-in of ${node.name} has expired` };
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
  const by = relay === "" ? "" : ` by ${relay}`;
  const slower = `through ${relay === "" ? "a relay" : `the relay ${relay}`}, which is slower`;
  if (direct + relayed === 0) return null;
  if (relayed === 0)
    return { text: "Direct", meaning: `Straight to ${plural(direct, "device", "devices")} right now` };
  const some = plural(relayed, "device", "devices");
  if (direct === 0) return { text: `Relayed${by}`, meaning: `To ${some} right now ${slower}` };
  return {
    text: `${direct} direct, ${relayed} relayed${by}`,
    meaning: `Straight to ${plural(direct, "device", "devices")} right now, to ${some} ${slower}`,
  };
}

const DAY_MS = 86_400_000;
const WARN_DAYS = 14;

/** Warns when a device's key expires within two weeks. `now` is in milliseconds since the epoch. */
export function expiryWords(keyExpiry: string | null, now: number, whose = "this node"): string | null {
  const end = keyExpiry === null ? Number.NaN : Date.parse(keyExpiry);
  const days = Math.floor((end - now) / DAY_MS);
  if (Number.isNaN(days) || days >= WARN_DAYS || days < 0) return null;
  if (days === 0) return `The log-in of ${whose} ends within a day.`;
  return `The log-in of ${whose} ends in ${plural(days, "day", "days")}.`;
}

/** Milliseconds until `expiryWords` changes, at most a day. Null for never. */
export function expiryWordsHold(keyExpiry: string | null, now: number): number | null {
  const end = keyExpiry === null ? Number.NaN : Date.parse(keyExpiry);
  return end > now ? ((end - now) % DAY_MS) + 1 : null;
}

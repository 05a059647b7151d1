import type { NodeState } from "@tailnet-share/contract/node";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import type { Workload } from "@tailnet-share/contract/workload";
import { fullName } from "../../model/names.ts";
import {
  addressOf,
  type Status,
  sentenceOf,
  statusOf,
  unansweredWords,
  wordsOf,
  workingAddress,
} from "../../model/status.ts";
import { nodeWords } from "../node/node-words.ts";

/** Beyond this many simultaneous changes, announcing each one would be noise. */
const AT_MOST = 3;

/** Describes the difference between two snapshots for screen readers. Empty when there is nothing new. */
export function announcement(before: Snapshot, after: Snapshot): string {
  const sentences: string[] = [];
  if (nodeWords(before.node).text !== nodeWords(after.node).text)
    sentences.push(`${nodeWords(after.node).text}.`);
  if (hasLink(after.node) && !hasLink(before.node)) sentences.push("The login link is ready.");
  const magicDns = !("magicDns" in after.node) || after.node.magicDns;
  const old = new Map(before.workloads.map((workload) => [workload.id, workload]));
  const changes = after.workloads.flatMap(
    (workload) => changeOf(old.get(workload.id), workload, magicDns) ?? [],
  );
  return [
    ...sentences,
    ...(changes.length > AT_MOST ? [`${changes.length} containers changed.`] : changes),
  ].join(" ");
}

function hasLink(node: NodeState): boolean {
  return "login" in node && node.login !== null && node.login.url !== null;
}

function changeOf(before: Workload | undefined, after: Workload, magicDns: boolean): string | null {
  const was = before ? statusOf(before, undefined) : null;
  const is = statusOf(after, undefined);
  const saying = (status: Status) => `${status.kind} ${wordsOf(status)} ${addressesOf(status, magicDns)}`;
  if (was === null || saying(was) === saying(is)) return null;
  const name = fullName(after);
  switch (is.kind) {
    case "live":
      // Screen readers spell an address out. It is read on its link.
      return `${name} ${was.kind === "live" && butOf(is) === "" ? "has a new address" : "is shared"}${butOf(is)}.`;
    case "failed":
      return `${name} is not reachable. ${is.fault.message}`;
    case "waiting":
      return `${name}: ${sentenceOf(is) ?? ""}.`;
    case "needs-approval":
      return `${name} needs approval. ${sentenceOf(is) ?? ""}.`;
    case "off":
    case "refused":
      return before?.share || before?.ending ? `${name} is no longer shared.` : null;
    case "stopping":
      return is.fault && `${name} is still reachable. ${is.fault.message}`;
    default:
      return null;
  }
}

/** Includes every live address, because any of them may have changed. */
function addressesOf(status: Status, magicDns: boolean): string {
  if (status.kind !== "live") return "";
  const addresses = status.endpoints.map((endpoint) => workingAddress(endpoint, magicDns));
  return addresses.length > 1 ? LIST.format(addresses) : (addressOf(status, magicDns) ?? "");
}

function butOf(status: Extract<Status, { kind: "live" }>): string {
  const words = unansweredWords(status);
  return words === null ? "" : `, but ${words}`;
}

const LIST = new Intl.ListFormat("en-GB");

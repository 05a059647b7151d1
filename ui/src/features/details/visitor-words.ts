import type { ShareView, Visitor } from "@tailnet-share/contract/share";
import { formatBytes } from "../../model/format.ts";
import { sinceWords } from "./end-time.ts";

/** Beyond this many, the line gives the number of the others. */
const AT_MOST = 8;

/** Lists the current clients in one line. Returns null when there are none. */
export function visitorWords(visitors: readonly Visitor[]): string | null {
  if (visitors.length === 0) return null;
  const named = visitors.slice(0, AT_MOST).map(nameOf);
  const more = visitors.length - named.length;
  return `Connected now: ${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** `now` is in milliseconds since the epoch. */
export function bytesWords({ received, sent, since }: ShareView["traffic"], now: number): string {
  return `${formatBytes(received)} received, ${formatBytes(sent)} sent ${sinceWords(since, now)}`.trimEnd();
}

function nameOf({ device, user, path }: Visitor): string {
  const more = [user, path].filter(Boolean).join(", ");
  return more === "" ? device : `${device} (${more})`;
}

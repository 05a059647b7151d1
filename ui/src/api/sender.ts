import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { asProblem, type Problem } from "../host/problem.ts";
import type { Feed } from "./feed.ts";
import type { Notices } from "./notices.ts";

type Send = () => Promise<Snapshot>;

/** Sends changes and publishes the snapshots that answer them. Nothing here rejects. */
export interface Sender {
  /** Returns null when the change was made, otherwise the reason. Shows no notice. */
  attempt(send: Send): Promise<Problem | null>;
  /** Shows `unsure` instead of `failed` when the answer was lost and the change may have been made. */
  change(send: Send, failed: string, unsure?: string): Promise<boolean>;
}

export function createSender(feed: Feed, notices: Notices): Sender {
  async function attempt(send: Send): Promise<Problem | null> {
    const mark = feed.mark();
    try {
      await feed.accept(await send(), mark);
      return null;
    } catch (reason) {
      return asProblem(reason);
    }
  }

  return {
    attempt,
    async change(send, failed, unsure = failed) {
      const problem = await attempt(send);
      if (problem) notices.error(isUnsure(problem) ? unsure : failed, problem.message, problem.hint);
      return problem === null;
    },
  };
}

/** Returns true when the request may have arrived. */
function isUnsure({ code }: Problem): boolean {
  return code === "BACKEND_UNREACHABLE" || code === "BACKEND_SILENT" || code === "BAD_ANSWER";
}

import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { asProblem, type Problem } from "../host/problem.ts";
import type { Feed } from "./feed.ts";
import type { Notices } from "./notices.ts";

type Send = () => Promise<Snapshot>;

/** Exceptions from the notice that a failed change shows. */
export interface Failing {
  /** Shown instead of the usual words when the answer was lost and the change may have been made. */
  readonly unsure?: string;
  /** Returns true for a failure that it has dealt with. It then shows no notice. */
  readonly dealt?: (problem: Problem) => boolean;
}

/** Sends changes and publishes the snapshots that answer them. Nothing here rejects. */
export interface Sender {
  /** Returns null when the change was made, otherwise the reason. Shows no notice. */
  attempt(send: Send): Promise<Problem | null>;
  /** Shows `failed` and the reason when the change was not made. */
  change(send: Send, failed: string, failing?: Failing): Promise<boolean>;
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
    async change(send, failed, { unsure = failed, dealt } = {}) {
      const problem = await attempt(send);
      if (problem && !dealt?.(problem))
        notices.error(isUnsure(problem) ? unsure : failed, problem.message, problem.hint);
      return problem === null;
    },
  };
}

/** Returns true when the request may have arrived. */
function isUnsure({ code }: Problem): boolean {
  return code === "BACKEND_UNREACHABLE" || code === "BACKEND_SILENT" || code === "BAD_ANSWER";
}

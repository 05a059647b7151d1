import type { CheckReport } from "@tailnet-share/contract/check";
import type { Client } from "@tailnet-share/contract/client";
import type { Listening } from "@tailnet-share/contract/listening";
import type { NameCheck } from "@tailnet-share/contract/machine";
import type { Diagnostics, Logs } from "@tailnet-share/contract/operations";
import type { Workload, WorkloadId } from "@tailnet-share/contract/workload";
import { asProblem, type Problem } from "../host/problem.ts";
import { displayName } from "../model/names.ts";
import type { Notices } from "./notices.ts";

/** Questions to the backend that change nothing. */
export interface Lookups {
  /** Returns null without a notice when the check fails. Saving the name repeats the check. */
  checkName(id: WorkloadId, name: string): Promise<NameCheck | null>;
  check(workload: Workload): Promise<CheckReport | null>;
  diagnostics(): Promise<Diagnostics | null>;
  /** Returns the failure reason instead of a notice, because the panel shows it beside the ports. */
  listening(id: WorkloadId): Promise<Listening | Problem>;
  logs(): Promise<Logs | Problem>;
}

export function createLookups(client: Client, notices: Notices): Lookups {
  const report = (reason: unknown, failed: string): null => {
    const { message, hint } = asProblem(reason);
    notices.error(failed, message, hint);
    return null;
  };
  return {
    checkName: (id, name) => client.checkName(name, id).catch(() => null),
    check: (workload) =>
      client
        .check(workload.id)
        .catch((reason) => report(reason, `Couldn't test the connection to ${displayName(workload)}.`)),
    diagnostics: () =>
      client.diagnostics().catch((reason) => report(reason, "Couldn't collect the diagnostics.")),
    listening: (id) => client.listening(id).catch(asProblem),
    logs: () => client.logs().catch(asProblem),
  };
}

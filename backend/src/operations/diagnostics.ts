import { replaceLogInLinks } from "@tailnet-share/contract/log-in-links";
import type { Diagnostics } from "@tailnet-share/contract/operations";
import type { Exposure } from "@tailnet-share/contract/share";
import { Snapshot } from "@tailnet-share/contract/snapshot";
import type { Clock } from "../lib/clock.ts";
import type { Loop } from "../reconcile/loop.ts";
import { stepSubject } from "../reconcile/steps/step-subject.ts";
import type { StoredShare } from "../shares/stored-share.ts";
import type { ShownLogs } from "./log/shown-logs.ts";

export interface DiagnosticsDependencies {
  snapshot: () => Snapshot;
  loop: Pick<Loop, "planned" | "failed">;
  shares: () => readonly Pick<StoredShare, "workload" | "machine">[];
  /** tailscaled's health texts. */
  health: () => readonly string[];
  shownLogs: ShownLogs;
  clock: Pick<Clock, "now">;
}

/** Builds the redacted report for a bug tracker, as the contract describes it. */
export function createDiagnostics(dependencies: DiagnosticsDependencies): () => Promise<Diagnostics> {
  const { snapshot, loop, shares, health, shownLogs, clock } = dependencies;
  return async () => {
    const planned = loop.planned();
    const failed = loop.failed();
    const stored = shares();
    const veil = await shownLogs.veil();
    const plan = veil.lines(planned.map((step) => stepSubject(step, stored)));
    const failures = veil.lines(failed.map(({ step }) => stepSubject(step, stored)));
    const { backend, tailscaled } = veil.logs();
    return {
      createdAt: iso(clock.now()),
      snapshot: Snapshot.parse(veil.faults(forOthersEyes(snapshot()))),
      plan: planned.map(({ kind }, index) => ({ step: kind, on: plan[index] ?? "" })),
      failures: failed.map(({ step, fault, attempts, failedAt, retryAt }, index) => ({
        step: step.kind,
        on: failures[index] ?? "",
        code: fault.code,
        attempts,
        failedAt: iso(failedAt),
        // A click makes the retry due at once: `retryAt` may then lie before `failedAt`.
        retryAt: iso(Math.max(failedAt, retryAt)),
      })),
      health: veil.lines(health()),
      backendLog: backend,
      tailscaledLog: tailscaled,
    };
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** Redacts what a bug report must not show: a login link, which adds a machine to the user's tailnet, and other devices' names. */
function forOthersEyes(snapshot: Snapshot): Snapshot {
  const { node, ...rest } = replaceLogInLinks(snapshot, LINK);
  const workloads = rest.workloads.map(({ share, ...workload }) => ({
    ...workload,
    share: share && {
      ...share,
      visitors: [],
      machine: share.machine && {
        ...share.machine,
        web: share.machine.web && { ...share.machine.web, url: share.machine.web.url && PAGE },
      },
      exposure: withoutPage(share.exposure),
    },
  }));
  const isPage = node.state === "needs-approval";
  return { ...rest, workloads, node: isPage ? { ...node, adminUrl: PAGE } : node };
}

function withoutPage(exposure: Exposure): Exposure {
  return exposure.state === "needs-approval" && exposure.by === "admin"
    ? { ...exposure, url: PAGE }
    : exposure;
}

const LINK = "<log-in link>";
/** Replaces a page of the tailnet's admin console, which may name the tailnet and the device. */
const PAGE = "<page>";

import { assertNever, type Fault } from "@tailnet-share/contract/errors";
import type { Endpoint, Exposure, Workload } from "@tailnet-share/contract/model";
import type { Intent } from "./intent.ts";

type WaitReason = Extract<Exposure, { state: "waiting" }>["reason"];

/** What a row says about its workload. */
export type Status =
  | { readonly kind: "off" }
  | { readonly kind: "refused"; readonly fault: Fault }
  | { readonly kind: "starting"; readonly waitsFor: string | null }
  | { readonly kind: "stopping" }
  | { readonly kind: "live"; readonly endpoints: readonly Endpoint[] }
  | { readonly kind: "waiting"; readonly reason: WaitReason }
  | { readonly kind: "failed"; readonly fault: Fault };

export type Tone = "good" | "busy" | "waiting" | "bad" | "idle";

export function statusOf(workload: Workload, intent: Intent | undefined): Status {
  if (intent === "unshare") return { kind: "stopping" };
  if (intent === "share") return { kind: "starting", waitsFor: null };
  if (workload.share) return statusOfExposure(workload.share.exposure);
  if (workload.refusal) return { kind: "refused", fault: workload.refusal };
  return { kind: "off" };
}

function statusOfExposure(exposure: Exposure): Status {
  switch (exposure.state) {
    case "pending":
      return { kind: "starting", waitsFor: exposure.waitsFor };
    case "live":
      return { kind: "live", endpoints: exposure.endpoints };
    case "waiting":
      return { kind: "waiting", reason: exposure.reason };
    case "failed":
      return { kind: "failed", fault: exposure.fault };
    default:
      return assertNever(exposure);
  }
}

export function toneOf(status: Status): Tone {
  switch (status.kind) {
    case "live":
      return "good";
    case "starting":
    case "stopping":
      return "busy";
    case "waiting":
      return "waiting";
    case "failed":
      return "bad";
    case "off":
    case "refused":
      return "idle";
    default:
      return assertNever(status);
  }
}

/** A word or two, beside the dot. */
export function wordsOf(status: Status): string {
  switch (status.kind) {
    case "off":
      return "Not shared";
    case "refused":
      return "Cannot be shared";
    case "starting":
      return "Starting…";
    case "stopping":
      return "Stopping…";
    case "live":
      return "Shared";
    case "waiting":
      return "Waiting";
    case "failed":
      return "Not reachable";
    default:
      return assertNever(status);
  }
}

/** The sentence where the address would stand; null when there is an address or nothing to say. */
export function sentenceOf(status: Status): string | null {
  switch (status.kind) {
    case "off":
    case "stopping":
    case "live":
      return null;
    case "starting":
      return status.waitsFor ? `Waiting for ${status.waitsFor}` : null;
    case "waiting":
      return waitingSentence(status.reason);
    case "refused":
    case "failed":
      return status.fault.message;
    default:
      return assertNever(status);
  }
}

function waitingSentence(reason: WaitReason): string {
  switch (reason) {
    case "container-stopped":
      return "Shared, waiting for the container to start";
    case "container-removed":
      return "Shared, waiting for the container to come back";
    case "node-offline":
      return "Shared, waiting for this node to be connected";
    default:
      return assertNever(reason);
  }
}

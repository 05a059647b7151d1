import { assertNever, type Fault } from "@tailnet-share/contract/errors";
import type { MachineView } from "@tailnet-share/contract/machine";
import type {
  Endpoint,
  Exposure,
  MachineStage,
  ShareView,
  Unanswered,
  UnansweredReason,
} from "@tailnet-share/contract/share";
import { byReason, unansweredFaults as faultsOf, portWords } from "@tailnet-share/contract/unanswered";
import type { Workload } from "@tailnet-share/contract/workload";
import type { Intent } from "./intent.ts";
import { DOUBTS, doubtOf, type Outage } from "./outage.ts";
import { httpsEndpoint } from "./tailnet.ts";

type WaitReason = Extract<Exposure, { state: "waiting" }>["reason"];
type Approval = Extract<Exposure, { state: "needs-approval" }>;

/** A workload's status, as shown in its row. */
export type Status =
  | { readonly kind: "off" }
  | { readonly kind: "refused"; readonly fault: Fault }
  /** `stage`: of a machine; null when there is none or it isn't known. */
  | { readonly kind: "starting"; readonly progress: string | null; readonly stage: MachineStage | null }
  /** With a fault, it is still reachable although the user stopped it. */
  | { readonly kind: "stopping"; readonly fault: Fault | null }
  /** A machine is also reachable without endpoints: by its name, on every port that its container listens on. */
  | {
      readonly kind: "live";
      readonly endpoints: readonly Endpoint[];
      readonly machine: MachineView | null;
      /** Ports of the container that don't answer clients. */
      readonly unanswered: readonly Unanswered[];
      /** The outage that makes it uncertain whether clients reach it. */
      readonly doubt: Outage | null;
    }
  | { readonly kind: "waiting"; readonly reason: WaitReason }
  | { readonly kind: "needs-approval"; readonly by: Approval["by"]; readonly url: string | null }
  | { readonly kind: "failed"; readonly fault: Fault };

export type Tone = "good" | "busy" | "waiting" | "bad" | "idle";

export function statusOf(
  workload: Workload,
  intent: Intent | undefined,
  outage: Outage | null = null,
): Status {
  if (intent === "unshare") return { kind: "stopping", fault: null };
  if (intent === "share") return { kind: "starting", progress: null, stage: null };
  if (workload.share) return statusOfShare(workload.share, outage);
  if (workload.ending) return { kind: "stopping", fault: workload.ending.fault };
  if (workload.refusal) return { kind: "refused", fault: workload.refusal };
  return { kind: "off" };
}

function statusOfShare({ exposure, machine, mode }: ShareView, outage: Outage | null): Status {
  switch (exposure.state) {
    case "pending":
      return { kind: "starting", progress: exposure.progress, stage: exposure.stage ?? null };
    case "live":
      return {
        kind: "live",
        endpoints: withHttps(exposure.endpoints, machine),
        machine,
        unanswered: exposure.unanswered,
        doubt: doubtOf(outage, mode),
      };
    case "waiting":
      return { kind: "waiting", reason: exposure.reason };
    case "needs-approval":
      return { kind: "needs-approval", by: exposure.by, url: exposure.url };
    case "failed":
      return { kind: "failed", fault: exposure.fault };
    default:
      return assertNever(exposure);
  }
}

/** Prefers HTTPS: the user asked for the certificate so that browsers use it. */
function withHttps(endpoints: readonly Endpoint[], machine: MachineView | null): readonly Endpoint[] {
  const https = machine && httpsEndpoint(machine);
  return https ? [https, ...endpoints] : endpoints;
}

/** The address that works: by IP when MagicDNS is off. */
export function workingAddress({ address, ipAddress }: Endpoint, magicDns: boolean): string {
  return magicDns ? address : ipAddress;
}

/** The endpoint to show first. When MagicDNS is off, skips endpoints without an IP address if there is another. */
export function firstEndpoint(endpoints: readonly Endpoint[], magicDns: boolean): Endpoint | undefined {
  return endpoints.find(({ address, ipAddress }) => magicDns || address !== ipAddress) ?? endpoints[0];
}

/** The one address worth copying or announcing: a machine without a known port still has its name. Uses the IP when MagicDNS is off. */
export function addressOf(
  { endpoints, machine }: Extract<Status, { kind: "live" }>,
  magicDns: boolean,
): string | null {
  const first = firstEndpoint(endpoints, magicDns);
  if (first !== undefined) return workingAddress(first, magicDns);
  return ((magicDns && machine?.dnsName) || machine?.addresses[0]) ?? null;
}

export function toneOf(status: Status): Tone {
  switch (status.kind) {
    case "live":
      return status.unanswered.length === 0 && status.doubt === null ? "good" : "waiting";
    case "starting":
      return "busy";
    case "stopping":
      return status.fault === null ? "busy" : "bad";
    case "waiting":
    case "needs-approval":
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
      return "Can't be shared";
    case "starting":
      return "Starting…";
    case "stopping":
      return status.fault === null ? "Stopping…" : "Still reachable";
    case "live":
      return liveWords(status);
    case "waiting":
      return "Waiting";
    case "needs-approval":
      return "Needs approval";
    case "failed":
      return "Not reachable";
    default:
      return assertNever(status);
  }
}

function liveWords({ doubt, unanswered: [first] }: Extract<Status, { kind: "live" }>): string {
  if (doubt !== null) return `Shared · ${DOUBTS[doubt]}`;
  return first === undefined ? "Shared" : REASONS[first.reason].short;
}

/** Short reasons why a port doesn't answer, shown beside the dot and after 'Shared, but'. */
const REASONS: Record<UnansweredReason, { short: string; but: (ports: string, many: boolean) => string }> = {
  refused: { short: "Port closed", but: (ports, many) => `${ports} ${many ? "are" : "is"} closed` },
  "not-started": {
    short: "Not started yet",
    but: (ports, many) => `${ports} ${many ? "aren't" : "isn't"} open yet`,
  },
  "no-answer": { short: "No answer", but: (ports, many) => `${ports} ${many ? "don't" : "doesn't"} answer` },
  filtered: { short: "Blocked", but: (ports) => `a firewall or its network blocks ${ports}` },
  "loopback-only": {
    short: "On 127.0.0.1 only",
    but: (ports) => `it listens on 127.0.0.1 only, on ${ports}`,
  },
  "other-address": {
    short: "At another address",
    but: (ports) => `it listens at another address on ${ports}`,
  },
  "ipv6-only": { short: "On IPv6 only", but: (ports) => `it listens over IPv6 only, on ${ports}` },
  "ipv4-only": { short: "On IPv4 only", but: (ports) => `it listens over IPv4 only, on ${ports}` },
  "no-ipv6": {
    short: "On IPv6 only",
    but: (ports) => `it listens over IPv6 only, on ${ports}, and the container has no IPv6`,
  },
};

/** Explains why an active share doesn't answer clients, and how to fix it. */
export function unansweredFaults(status: Status): Fault[] {
  return status.kind === "live"
    ? faultsOf(status.unanswered, status.machine === null ? "node" : "machine")
    : [];
}

/** Short form of the same: `port 80 is closed`; null when nothing is wrong. */
export function unansweredWords({
  unanswered,
}: Pick<Extract<Status, { kind: "live" }>, "unanswered">): string | null {
  const parts = byReason(unanswered).map(({ reason, ports }) =>
    REASONS[reason].but(portWords(ports), ports.length > 1),
  );
  return parts.length === 0 ? null : parts.join("; ");
}

/** A sentence in the address's place; null when there is an address or nothing to say. */
export function sentenceOf(status: Status): string | null {
  switch (status.kind) {
    case "off":
    case "live":
      return null;
    case "stopping":
      return status.fault?.message ?? null;
    case "starting":
      return status.progress;
    case "waiting":
      return waitingSentence(status.reason);
    case "needs-approval":
      return approvalSentence(status);
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
      return "Resumes when the container starts";
    case "container-paused":
      return "Container paused: clients wait until it's unpaused";
    case "container-removed":
      return "Resumes when the container is re-created";
    case "node-offline":
      return "Resumes when this node reconnects";
    default:
      return assertNever(reason);
  }
}

function approvalSentence({ by, url }: Pick<Approval, "by" | "url">): string {
  if (url === null) return "Waiting for its login";
  switch (by) {
    case "log-in":
      return "Log in this machine to finish";
    case "admin":
      return "Needs admin approval";
    default:
      return assertNever(by);
  }
}

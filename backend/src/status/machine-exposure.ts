import { isIPv6 } from "node:net";
import { assertNever, type Fault } from "@tailnet-share/contract/errors";
import type { MachineView } from "@tailnet-share/contract/machine";
import type { Endpoint, Exposure, MachineStage, Unanswered } from "@tailnet-share/contract/share";
import { CERTIFICATE_PENDING } from "../https/certificate-faults.ts";
import { lackingFeature } from "../machines/device/web.ts";
import { entranceOf } from "../machines/namespace/entrance.ts";
import { isForwarded } from "../machines/namespace/forwards.ts";
import type { ObservedMachines, SharedContainer } from "../machines/observed-machines.ts";
import { mayRun } from "../machines/plan.ts";
import type { MachineStep } from "../machines/step.ts";
import type { ObservedMachine } from "../machines/watch/watch.ts";
import { isReachable, shownListeners } from "../ports/listener-addresses.ts";
import { isIdle, listeningReason } from "../ports/verdict.ts";
import type { StepFaults } from "../reconcile/steps/step-faults.ts";
import { machinePorts } from "../shares/machine-share.ts";
import { type MachineSurroundings, machineRefusalOf } from "../workloads/machine-refusal.ts";
import { endpoints } from "./endpoints.ts";

export interface MachineExposureContext {
  machines: ObservedMachines;
  surroundings: MachineSurroundings;
  failures: StepFaults;
}

/** Derives the exposure of a share whose container runs: its state is that of the first missing part. Pure. */
export function machineExposureOf(
  { share, found }: SharedContainer,
  { machines, surroundings, failures }: MachineExposureContext,
): Exposure {
  const { machine } = share;
  if (machine === null || found === null) return failedOr(undefined, "create");
  const refusal = machineRefusalOf(found.container, surroundings);
  if (refusal !== null) return { state: "failed", fault: refusal };
  if (!mayRun(machine, machines)) return { state: "waiting", reason: "node-offline" };
  const failure = (kind: MachineStep["kind"]) => failures.of({ kind, key: machine.key });
  const observedMachine = machineOf(machine.key, machines);
  const startFailure = failure("machine-start");
  // The machine's container exists briefly at each retry of a failed start.
  if (observedMachine === undefined || startFailure !== undefined)
    return failedOr(startFailure ?? failure("machine-stop"), "start");
  const { node } = observedMachine;
  switch (node.state) {
    case "logged-out":
    case "expired":
      if (node.login?.url != null) return { state: "needs-approval", by: "log-in", url: node.login.url };
      return failedOr(
        failure("machine-login") ?? ownFault(node.fault, machines),
        "join",
        "Logging its machine in…",
      );
    case "needs-approval":
      return { state: "needs-approval", by: "admin", url: node.adminUrl };
    case "connected":
      if (lacksIPv6(observedMachine.inspection) && isIPv6(entranceOf(node, machines.runtime)))
        return { state: "failed", fault: NO_IP };
      return {
        state: "live",
        endpoints: machineEndpoints(share.ports, observedMachine, node),
        unanswered: unansweredPorts(
          share.ports,
          observedMachine,
          found.container.young,
          entranceOf(node, machines.runtime),
        ),
      };
    case "failed":
      return { state: "failed", fault: node.fault.code === "TAILNET_LOCKED_OUT" ? node.fault : SILENT };
    case "starting":
    case "connecting":
    case "paused":
      return failedOr(failure("machine-adjust"), "join");
    default:
      return assertNever(node);
  }
}

/** While the node reaches the control server, the machine's login is still finding out why the machine doesn't. */
function ownFault(fault: Fault | null, { tailnet }: ObservedMachines): Fault | undefined {
  return fault === null || (fault.code === "CONTROL_UNREACHABLE" && tailnet.state === "connected")
    ? undefined
    : fault;
}

/** Whether IPv6 is off in its container, as far as is known. */
function lacksIPv6(inspection: ObservedMachine["inspection"]): boolean {
  return inspection !== null && inspection.listening !== null && inspection.ipv6.length === 0;
}

const NO_IP: Fault = {
  code: "NO_IPV4",
  message: "This tailnet gives its devices IPv6 addresses only, and IPv6 is switched off in the container.",
  hint: "Run the container with --sysctl net.ipv6.conf.all.disable_ipv6=0, or on a network with IPv6.",
};

/** For a tailscaled that hangs. If it has ended, its container does not run. */
const SILENT: Fault = {
  code: "MACHINE_FAILED",
  message: "The machine's tailscaled does not answer.",
  hint: "Tailnet Share makes a new one if this lasts.",
};

/** A machine's endpoints: the ports that the share names, or else those with a listener. */
function machineEndpoints(
  ports: SharedContainer["share"]["ports"],
  { inspection }: ObservedMachine,
  node: Parameters<typeof endpoints>[1],
): Endpoint[] {
  if (ports.length > 0) return endpoints(ports, node);
  return endpoints(machinePorts(shownListeners(inspection?.listening ?? []).filter(isReachable)), node);
}

/** Images declare ports that they never use. Don't report them while one of the machine's ports answers. */
function unansweredPorts(
  ports: SharedContainer["share"]["ports"],
  { inspection }: ObservedMachine,
  young: boolean,
  entrance: string,
): Unanswered[] {
  const circumstances = { listeners: inspection?.listening ?? null, young };
  const bad = ports.flatMap((port): Unanswered[] => {
    const forwarded = inspection !== null && isForwarded(port, inspection);
    const reason = forwarded ? null : listeningReason(port, entrance, circumstances);
    return reason === null ? [] : [{ port: port.port, protocol: port.protocol, reason }];
  });
  return bad.length < ports.length ? bad.filter(({ reason }) => !isIdle(reason)) : bad;
}

/** The panel's view of a machine beside its exposure; null in mode `node`. Pure. */
export function machineViewOf(
  { share }: SharedContainer,
  { machines, failures }: MachineExposureContext,
  domain: string,
): MachineView | null {
  const { machine } = share;
  if (share.mode !== "machine" || machine === null) return null;
  const { key, ...options } = machine;
  const observedMachine = machineOf(key, machines);
  const node = observedMachine?.node.state === "connected" ? observedMachine.node : null;
  const lacking =
    node === null || observedMachine === undefined
      ? null
      : lackingFeature(options, node.dnsName, observedMachine.details);
  const certificate =
    failures.of({ kind: "machine-certificate", key }) ?? failures.of({ kind: "machine-serve", key });
  const isPending =
    options.httpsPort !== null && node !== null && observedMachine?.inspection?.certificate !== node.dnsName;
  const fault = lacking?.fault ?? certificate ?? (isPending ? CERTIFICATE_PENDING : null);
  return {
    ...options,
    dnsName: node?.dnsName || (domain === "" ? "" : `${options.name}.${domain}`),
    addresses: node?.addresses ?? [],
    version: observedMachine?.details.version ?? null,
    keyExpiry: node?.keyExpiry ?? null,
    forwarded: share.ports.flatMap((port) =>
      observedMachine?.inspection && isForwarded(port, observedMachine.inspection) ? [port.port] : [],
    ),
    web:
      fault === null
        ? null
        : { fault, url: lacking ? (observedMachine?.inspection?.featureUrl ?? null) : null },
  };
}

function machineOf(key: string, { present }: ObservedMachines): ObservedMachine | undefined {
  return present.find((machine) => machine.key === key && machine.run === "running");
}

const PROGRESS: Record<MachineStage, string> = {
  create: "Creating its machine…",
  start: "Starting its machine…",
  join: "Joining the tailnet…",
};

function failedOr(fault: Fault | undefined, stage: MachineStage, progress = PROGRESS[stage]): Exposure {
  return fault === undefined ? { state: "pending", progress, stage } : { state: "failed", fault };
}

/** Explains why machines still run another version than the chosen one; lists each reason once. */
export function imageFaults(failures: StepFaults): Fault[] {
  return failures.ofKind("machine-fetch").map((fault) => ({
    ...fault,
    message: `${fault.message} Machines that run keep the version that they have.`,
  }));
}

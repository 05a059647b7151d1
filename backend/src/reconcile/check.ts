import { connect } from "node:net";
import { assertNever, type Fault } from "@tailnet-share/contract/errors";
import type { ContainerPort, Exposure, NodeState } from "@tailnet-share/contract/model";
import type { CheckReport } from "@tailnet-share/contract/routes";
import type { DataPlane } from "../dataplane/data-plane.ts";
import type { StoredShare } from "../shares/stored-share.ts";
import { createHopList, type HopList, NOT_RUNNING, nothingListens, notYet } from "./check-report.ts";
import { exposureOf } from "./exposure.ts";
import type { Observed } from "./observe.ts";
import { type ResolvedShare, resolveShares } from "./resolve.ts";

const CONNECT_MS = 2_000;

export interface CheckContext {
  observed: Observed;
  node: NodeState;
  mode: DataPlane["mode"];
  failures: ReadonlyMap<string, Fault>;
  /** Whether something takes TCP connections there; a UDP port cannot be asked. */
  listens: (address: string, port: number) => Promise<boolean>;
  /** What listens in the container of a machine that runs; null when that cannot be seen. */
  listeningIn: (machineKey: string) => Promise<readonly ContainerPort[] | null>;
}

/** Goes the way from the container to the tailnet and names the first hop that fails. Opens one connection to each shared TCP port. */
export async function checkShare(share: StoredShare, context: CheckContext): Promise<CheckReport> {
  const hops = createHopList();
  const [resolved] = resolveShares([share], context.observed);
  if (resolved?.found?.container.run !== "running") return hops.fail("container", NOT_RUNNING);
  hops.pass("container", "The container is running.");
  const exposure = exposureOf(resolved, context);
  return share.mode === "machine"
    ? await checkMachine(resolved, exposure, hops, context)
    : await checkOnNode(resolved, exposure, hops, context);
}

async function checkOnNode(
  { share, target }: ResolvedShare,
  exposure: Exposure,
  hops: HopList,
  context: CheckContext,
): Promise<CheckReport> {
  if (target === null)
    return hops.fail("network", notYet("NO_NETWORK", "The engine has not been asked yet."));
  if (target.kind === "unreachable") return hops.fail("network", target.fault);
  if (target.kind === "network" && !target.joined) {
    return hops.fail(
      "network",
      exposure.state === "failed"
        ? exposure.fault
        : notYet("NETWORK_UNREACHABLE", "The container's network has not been joined yet."),
    );
  }
  hops.pass(
    "network",
    target.kind === "host"
      ? "Reached at the engine's host."
      : `Reached on the network '${target.networkName}'.`,
  );
  for (const { port, protocol } of share.ports) {
    if (protocol === "tcp" && !(await context.listens(target.address, port)))
      return hops.fail("listening", nothingListens(port));
  }
  hops.pass("listening", "The application takes connections.");
  if (exposure.state === "failed") return hops.fail("data-plane", exposure.fault);
  if (exposure.state === "pending")
    return hops.fail("data-plane", notYet("DATAPLANE_FAILED", "The forwarding rules are not in place yet."));
  hops.pass("data-plane", "The forwarding rules are in place.");
  if (context.node.state !== "connected") {
    return hops.fail("node", {
      code: "NODE_OFFLINE",
      message: "This node is not connected to the tailnet.",
      hint: "Log in or resume.",
    });
  }
  hops.pass("node", `Connected to ${context.node.tailnet} as ${context.node.name}.`);
  return hops.done();
}

/** A machine answers from within the container's network, so there is neither a network nor a rule in between. */
async function checkMachine(
  { share }: ResolvedShare,
  exposure: Exposure,
  hops: HopList,
  context: CheckContext,
): Promise<CheckReport> {
  const listening = share.machine === null ? null : await context.listeningIn(share.machine.key);
  if (listening !== null) {
    for (const { port, protocol } of share.ports) {
      if (!listening.some((one) => one.port === port && one.protocol === protocol))
        return hops.fail("listening", nothingListens(port));
    }
    if (listening.length === 0) return hops.fail("listening", NOTHING_LISTENS);
    hops.pass("listening", "The application takes connections.");
  }
  switch (exposure.state) {
    case "live":
      hops.pass("machine", "Its machine is connected to the tailnet.");
      return hops.done();
    case "failed":
      return hops.fail("machine", exposure.fault);
    case "needs-approval":
      return hops.fail("machine", {
        code: "NODE_OFFLINE",
        message:
          exposure.by === "admin"
            ? "Its machine waits for an admin of the tailnet to approve it."
            : "Its machine waits for somebody to open its log-in link.",
        hint: "Open the link in this container's row.",
      });
    case "waiting":
      return hops.fail("machine", {
        code: "NODE_OFFLINE",
        message: "Machines rest while this node is not connected to their tailnet.",
        hint: "Log in or resume.",
      });
    case "pending":
      return hops.fail("machine", notYet("MACHINE_FAILED", `It waits for ${exposure.waitsFor}.`));
    default:
      return assertNever(exposure);
  }
}

const NOTHING_LISTENS: Fault = {
  code: "NOT_LISTENING",
  message: "Nothing in the container takes connections from outside.",
  hint: "Check that the application is up and listens on 0.0.0.0 and not on 127.0.0.1.",
};

/** Opens and closes a TCP connection. */
export async function tcpListens(address: string, port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: CONNECT_MS });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
    socket.once("timeout", () => end(false));
  });
}

import { connect } from "node:net";
import type { Fault } from "@tailnet-share/contract/errors";
import type { NodeState } from "@tailnet-share/contract/model";
import type { CheckReport } from "@tailnet-share/contract/routes";
import type { DataPlane } from "../dataplane/data-plane.ts";
import type { StoredShare } from "../shares/stored-share.ts";
import { exposureOf } from "./exposure.ts";
import type { Observed } from "./observe.ts";
import { resolveShares } from "./resolve.ts";

const CONNECT_MS = 2_000;

export interface CheckContext {
  observed: Observed;
  node: NodeState;
  mode: DataPlane["mode"];
  failures: ReadonlyMap<string, Fault>;
  /** Whether something takes TCP connections there; a UDP port cannot be asked. */
  listens: (address: string, port: number) => Promise<boolean>;
}

/** Goes the way from the container to the tailnet and names the first hop that fails. Opens one connection to each shared TCP port. */
export async function checkShare(share: StoredShare, context: CheckContext): Promise<CheckReport> {
  const hops: CheckReport["hops"] = [];
  const pass = (hop: CheckReport["hops"][number]["hop"], detail: string) =>
    hops.push({ hop, ok: true, detail });
  const fail = (hop: CheckReport["hops"][number]["hop"], fault: Fault): CheckReport => ({
    hops: [...hops, { hop, ok: false, detail: fault.message }],
    fault,
  });

  const [resolved] = resolveShares([share], context.observed);
  const target = resolved?.target;
  if (resolved === undefined || target === null || target === undefined) {
    return fail("container", {
      code: "NOT_LISTENING",
      message: "The container is not running.",
      hint: "Start it; the share comes back by itself.",
    });
  }
  pass("container", "The container is running.");
  const exposure = exposureOf(resolved, context);
  if (target.kind === "unreachable") return fail("network", target.fault);
  if (target.kind === "network" && !target.joined) {
    return fail(
      "network",
      exposure.state === "failed"
        ? exposure.fault
        : notYet("NETWORK_UNREACHABLE", "The container's network has not been joined yet."),
    );
  }
  pass(
    "network",
    target.kind === "host"
      ? "Reached at the engine's host."
      : `Reached on the network '${target.networkName}'.`,
  );

  for (const { port, protocol } of share.ports) {
    if (protocol === "tcp" && !(await context.listens(target.address, port))) {
      return fail("listening", {
        code: "NOT_LISTENING",
        message: `Nothing in the container takes connections on port ${port}.`,
        hint: "Check that the application is up, uses this port and listens on 0.0.0.0 and not on 127.0.0.1.",
      });
    }
  }
  pass("listening", "The application takes connections.");
  if (exposure.state === "failed") return fail("data-plane", exposure.fault);
  if (exposure.state === "pending")
    return fail("data-plane", notYet("DATAPLANE_FAILED", "The forwarding rules are not in place yet."));
  pass("data-plane", "The forwarding rules are in place.");
  if (context.node.state !== "connected") {
    return fail("node", {
      code: "NODE_OFFLINE",
      message: "This node is not connected to the tailnet.",
      hint: "Log in or resume.",
    });
  }
  pass("node", `Connected to ${context.node.tailnet} as ${context.node.name}.`);
  return { hops, fault: null };
}

function notYet(code: Fault["code"], message: string): Fault {
  return { code, message, hint: "Wait a moment and check again." };
}

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

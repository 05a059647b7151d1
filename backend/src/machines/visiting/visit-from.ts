import { spawnSync } from "node:child_process";
import { connect } from "node:net";
import { whileLocked } from "../../lib/files/lock-directory.ts";
import { sourceTowards } from "../../lib/net/source-address.ts";
import { answerOf } from "../../ports/answer.ts";
import { GUARD_LOCK, GUARD_LOCK_MS, GUARD_TABLE, OPEN_SECONDS, VISITS } from "../namespace/guard.ts";
import { type ConnectFrom, type Flow, type VisitAnswer, type VisitGate, visitPorts } from "./visit-ports.ts";

/** Enough for three of the kernel's connection attempts. Milliseconds. */
const CONNECT_MS = 5_000;
/** How long the other side may take to end the connection as well. Milliseconds. */
const END_MS = 300;

/** Visits ports of a tailnet device from this network namespace, whose tailnet address is `from`. */
export async function visitFrom(from: string, to: string, ports: readonly number[]): Promise<VisitAnswer[]> {
  // E.g. in a container with a VPN, whose own routes would lead the visit elsewhere.
  if ((await sourceTowards(to)) !== from) return ["unable"];
  return await visitPorts({ from, to, ports }, visitGate, connectFrom);
}

/** Opens this network namespace's guard for a flow. */
const visitGate: VisitGate = {
  // While a look lists and replaces the guard, a flow added in between would be lost.
  open: (flow) =>
    whileLocked(GUARD_LOCK, GUARD_LOCK_MS, () => element("add", flow, ` timeout ${OPEN_SECONDS}s`)) ||
    !isHeldBack(),
  close: (flow) => element("delete", flow) || !isHeldBack(),
};

/** Connects within this network namespace, and ends the connection as an ordinary client does. */
const connectFrom: ConnectFrom = async ({ from, fromPort, to, port }) =>
  await new Promise((resolve) => {
    const ends = { host: to, port, localAddress: from, localPort: fromPort };
    const socket = connect({ ...ends, timeout: CONNECT_MS });
    let answer: Awaited<ReturnType<ConnectFrom>> = null;
    socket.once("connect", () => {
      answer = "taken";
      // The guard is closed after the visit, so reset a connection that remains by then.
      const late = setTimeout(() => socket.resetAndDestroy(), END_MS);
      socket.once("close", () => clearTimeout(late));
      // The end of the connection is only reported once everything before it is read.
      socket.resume();
      socket.end();
    });
    socket.once("timeout", () => {
      answer ??= "none";
      socket.destroy();
    });
    socket.on("error", ({ code = "" }: NodeJS.ErrnoException) => {
      // An application may reset a connection that it has accepted.
      answer ??= BUSY.has(code) ? "busy" : answerOf(code);
    });
    socket.once("close", () => resolve(answer));
  });

const BUSY: ReadonlySet<string> = new Set(["EADDRINUSE", "EADDRNOTAVAIL"]);

function element(verb: "add" | "delete", { from, fromPort, to, port }: Flow, more = ""): boolean {
  const flow = `{ ${from} . ${fromPort} . ${to} . ${port}${more} }`;
  return nft([verb, "element", "inet", GUARD_TABLE, VISITS, flow]).status === 0;
}

/** Whether the guard keeps the application, and so our program, from opening connections. Returns true if unknown. */
function isHeldBack(): boolean {
  const { status, stdout } = nft(["list", "table", "inet", GUARD_TABLE]);
  return status !== 0 || stdout.includes("chain leaving");
}

function nft(args: readonly string[]) {
  return spawnSync("nft", args, { encoding: "utf8" });
}

import { connect } from "node:net";
import type { Fault } from "@tailnet-share/contract/errors";
import type { ContainerPort } from "@tailnet-share/contract/model";
import type { Listening } from "@tailnet-share/contract/routes";
import type { HopList } from "./check-report.ts";

/** How long a container may take to answer. Milliseconds. */
const CONNECT_MS = 2_000;

export interface ListeningTries {
  /** Whether something takes TCP connections there. */
  listens: (address: string, port: number) => Promise<boolean>;
  /** What listens in the share's container right now, as seen from within its network namespace. */
  listening: () => Promise<Listening>;
}

/** TCP is tried from where the node's visitors come from; UDP never answers by itself, so that is looked for inside. Answers what fails. */
export async function tryPorts(
  address: string,
  ports: readonly ContainerPort[],
  hops: HopList,
  { listens, listening }: ListeningTries,
): Promise<Fault | null> {
  const udp = ports.filter(({ protocol }) => protocol === "udp");
  const tcp = ports.filter(({ protocol }) => protocol === "tcp");
  const [answers, inside] = await Promise.all([
    Promise.all(tcp.map(async ({ port }) => await listens(address, port))),
    udp.length === 0 ? null : listening(),
  ]);
  const closed = tcp.find((_port, index) => !answers[index]);
  if (closed !== undefined) return nothingListens(closed);
  if (inside?.fault) {
    const fine = tcp.length === 0 ? "" : "TCP connections are taken. ";
    hops.skip("listening", `${fine}What listens for UDP could not be seen: ${inside.fault.message}`);
    return null;
  }
  const missing = udp.find((port) => !isAmong(port, inside?.ports ?? []));
  if (missing !== undefined) return nothingListens(missing);
  hops.pass(
    "listening",
    tcp.length === 0 ? "The application listens for UDP." : "The application takes connections.",
  );
  return null;
}

/** A machine's visitors come from within the container's own network, so what listens there is what they meet. Answers what fails. */
export async function lookForPorts(
  ports: readonly ContainerPort[],
  hops: HopList,
  { listening }: Pick<ListeningTries, "listening">,
): Promise<Fault | null> {
  const { ports: there, fault } = await listening();
  if (fault !== null) {
    hops.skip("listening", fault.message);
    return null;
  }
  const missing = ports.find((port) => !isAmong(port, there));
  if (missing !== undefined) return nothingListens(missing);
  if (there.length === 0) return NOTHING_LISTENS;
  hops.pass("listening", "The application listens.");
  return null;
}

function isAmong({ port, protocol }: ContainerPort, there: readonly ContainerPort[]): boolean {
  return there.some((one) => one.port === port && one.protocol === protocol);
}

function nothingListens({ port, protocol }: ContainerPort): Fault {
  return {
    code: "NOT_LISTENING",
    message:
      protocol === "tcp"
        ? `Nothing in the container takes connections on port ${port}.`
        : `Nothing in the container listens on UDP port ${port}.`,
    hint: "Check that the application is up, uses this port and listens on 0.0.0.0 and not on 127.0.0.1.",
  };
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

import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { AppError } from "@tailnet-share/contract/errors";

/** The far end of a TCP connection. */
export interface TalkEnd {
  /** IPv4. */
  address: string;
  port: number;
}

/** Peers of this network namespace: tailscaled's control server and relays over IPv4. */
export interface Talks {
  open(): Promise<readonly TalkEnd[]>;
  /** The interface that currently routes to an address; null without a route. */
  cardTo(address: string): Promise<string | null>;
  /** Returns whether the peer accepts a new connection. */
  answers(end: TalkEnd): Promise<boolean>;
}

/** Deadline for a peer that was connected a moment ago. Milliseconds. */
const ANSWER_MS = 2_000;

/** The kernel's code for an established connection. Source of the formats: proc_net(5). */
export const kernelTalks: Talks = {
  open: async () => openTalks(await readFile("/proc/net/tcp", "utf8")),
  cardTo: async (address) => cardFor(await readFile("/proc/net/route", "utf8"), address),
  answers: async ({ address, port }) =>
    await new Promise((resolve) => {
      const socket = connect({ host: address, port, timeout: ANSWER_MS });
      const end = (answer: boolean) => {
        socket.destroy();
        resolve(answer);
      };
      socket.once("connect", () => end(true));
      socket.once("error", ({ code }: NodeJS.ErrnoException) => end(code === "ECONNREFUSED"));
      socket.once("timeout", () => end(false));
    }),
};

/** Distinct remote peers of the established connections in `/proc/net/tcp`, without local ones. */
export function openTalks(table: string): readonly TalkEnd[] {
  const ends = table.split("\n").flatMap((line): TalkEnd[] => {
    const [, , remote = "", state] = line.trim().split(/\s+/);
    const [address = "", port = ""] = remote.split(":");
    const end = { address: addressOf(address), port: Number.parseInt(port, 16) };
    return state === "01" && !end.address.startsWith("127.") ? [end] : [];
  });
  return [...new Map(ends.map((end) => [`${end.address}:${end.port}`, end])).values()];
}

/** The interface of the most specific route in `/proc/net/route` for the address. */
export function cardFor(table: string, address: string): string | null {
  const wanted = numberOf(address);
  const routes = table.split("\n").flatMap((line) => {
    const [card = "", destination = "", , , , , , mask = ""] = line.trim().split(/\s+/);
    if (!/^[0-9A-F]{8}$/i.test(destination) || !/^[0-9A-F]{8}$/i.test(mask)) return [];
    const [base, bits] = [numberOf(addressOf(destination)), numberOf(addressOf(mask))];
    return (wanted & bits) >>> 0 === base ? [{ card, bits }] : [];
  });
  return routes.toSorted((a, b) => b.bits - a.bits)[0]?.card ?? null;
}

/** The kernel prints an address as a native integer, which is little-endian here. */
function addressOf(hex: string): string {
  return [...Buffer.from(hex, "hex")].reverse().join(".");
}

function numberOf(address: string): number {
  return address.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
}

interface JoinStep {
  readonly networkId: string;
  readonly networkName: string;
}

/**
 * Wraps `join` and undoes it when it reroutes an open connection to an interface where the peer is unreachable. A macvlan member,
 * for example, can't reach its own host. Rejects with `AppError("NETWORK_OVERLAPS")` in that case.
 */
export function keepingTalks<Step extends JoinStep>(
  talks: Talks,
  join: (step: Step, signal: AbortSignal, ownId: string) => Promise<void>,
  leave: (networkId: string, ownId: string, signal: AbortSignal) => Promise<void>,
): typeof join {
  return async (step, signal, ownId) => {
    // A failed read must not block sharing.
    const ends = await talks.open().catch(() => []);
    const cardTo = async ({ address }: TalkEnd) => await talks.cardTo(address).catch(() => null);
    const before = await Promise.all(ends.map(async (end) => ({ end, card: await cardTo(end) })));
    await join(step, signal, ownId);
    const lost = await Promise.all(
      before.map(async ({ end, card }) =>
        (await cardTo(end)) === card || (await talks.answers(end)) ? null : end,
      ),
    );
    const first = lost.find((end) => end !== null) ?? null;
    if (first === null) return;
    await leave(step.networkId, ownId, signal);
    throw new AppError(
      "NETWORK_OVERLAPS",
      `By joining the network '${step.networkName}' Tailnet Share would lose ${first.address}, which it is connected to.`,
      "Share the container as its own machine, or connect it to a bridge network.",
    );
  };
}

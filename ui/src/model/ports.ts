import type { ListeningPort } from "@tailnet-share/contract/listening";
import { type ContainerPort, PortNumber, type PortRange, Protocol } from "@tailnet-share/contract/port";
import type { PutShare } from "@tailnet-share/contract/share";
import type { Workload } from "@tailnet-share/contract/workload";
import { sensitivePort } from "./sensitive-ports.ts";

type Ports = NonNullable<PutShare["ports"]>;

/** A port with a listener. */
export type FoundPort = ContainerPort & { readonly at?: ListeningPort["at"] };

/** One line in a row's details: declared by the container, shared, or both. */
export interface PortLine extends ContainerPort {
  readonly key: string;
  /** The node's port; null while not shared. */
  readonly nodePort: number | null;
  /** The node serves HTTPS on it. */
  readonly https: boolean;
  readonly warning: string | null;
  /** Something listens on it; null while unknown. */
  readonly listening: boolean | null;
  /** The program listens on 127.0.0.1 only. */
  readonly loopback: boolean;
  /** True for a port that is neither declared nor shared, but has a listener. */
  readonly found: boolean;
}

/** `listening`: all ports with a listener, including undeclared ones; null while unknown. The node cannot reach listeners on 127.0.0.1. */
export function portLines(workload: Workload, listening: readonly FoundPort[] | null = null): PortLine[] {
  const reachable = listening?.filter(({ at }) => at !== "loopback") ?? null;
  return linesOf(workload, reachable ?? [], reachable).map((line) => ({
    ...line,
    loopback: listening?.some((port) => port.at === "loopback" && samePort(port, line)) ?? false,
  }));
}

/** Adds ports that nobody has named but that have a listener, because a machine exposes them too. */
export function machinePortLines(
  workload: Workload,
  listening: readonly FoundPort[] | null = null,
): PortLine[] {
  return linesOf(workload, [...listeningPorts(workload), ...(listening ?? [])], listening);
}

/** Ports on which a machine was seen to answer; empty while it is not up. */
export function listeningPorts({ share }: Workload): readonly ContainerPort[] {
  return share?.mode === "machine" && share.exposure.state === "live" ? share.exposure.endpoints : [];
}

function linesOf(
  workload: Workload,
  seen: readonly ContainerPort[],
  listening: readonly ContainerPort[] | null,
): PortLine[] {
  const shared = workload.share?.ports ?? [];
  const named = [...workload.ports, ...shared];
  const all = new Map([...named, ...seen].map((port) => [portKey(port), port]));
  return [...all].map(([key, port]) => ({
    https: shared.some((other) => samePort(other, port) && other.https),
    key,
    port: port.port,
    protocol: port.protocol,
    nodePort: shared.find((other) => samePort(other, port))?.nodePort ?? null,
    warning: sensitivePort(port),
    listening: listening === null ? null : listening.some((other) => samePort(other, port)),
    loopback: false,
    found: !named.some((other) => samePort(other, port)),
  }));
}

/** Returns a share's ports after toggling one. All others keep their node ports. */
export function togglePort(workload: Workload, port: ContainerPort): Ports {
  const shared = workload.share?.ports ?? [];
  const without = shared.filter((other) => !samePort(other, port));
  return without.length < shared.length ? without : [...shared, { port: port.port, protocol: port.protocol }];
}

export function moveNodePort(workload: Workload, port: ContainerPort, nodePort: number): Ports {
  return (workload.share?.ports ?? []).map((other) =>
    samePort(other, port) ? { ...other, nodePort } : other,
  );
}

/** Returns a share's ports after switching HTTPS for one of them. */
export function switchHttps(workload: Workload, port: ContainerPort, https: boolean): Ports {
  return (workload.share?.ports ?? []).map((other) => (samePort(other, port) ? { ...other, https } : other));
}

/** The best port for `https://`: the likeliest web port is declared first. */
export function likelyHttpsPort(workload: Workload): number | null {
  return machinePortLines(workload).find(({ protocol }) => protocol === "tcp")?.port ?? null;
}

/** Parses a port field. */
export function parsePort(text: string): number | null {
  if (!/^\d{1,5}$/.test(text.trim())) return null;
  const parsed = PortNumber.safeParse(Number(text.trim()));
  return parsed.success ? parsed.data : null;
}

export function parseProtocol(text: string): Protocol {
  return Protocol.catch("tcp").parse(text);
}

/** The port's label, as on its line: `9090 TCP`. */
export function portName({ port, protocol }: ContainerPort): string {
  return `${port} ${protocol.toUpperCase()}`;
}

/** A range's label, as on its line: `10000–20000 UDP`. */
export function rangeName({ from, to, protocol }: PortRange): string {
  return `${from}–${to} ${protocol.toUpperCase()}`;
}

export function samePort(a: ContainerPort, b: ContainerPort): boolean {
  return a.port === b.port && a.protocol === b.protocol;
}

function portKey({ port, protocol }: ContainerPort): string {
  return `${port}/${protocol}`;
}

import { type ContainerPort, type PortRange, Protocol } from "@tailnet-share/contract/model";
import { isWithin, WEB_PORTS } from "./likely-port.ts";

/** What a container declares, bounded: an image may declare all 65,535 ports, and each look and each panel carries them. */
export interface DeclaredPorts {
  readonly ports: readonly ContainerPort[];
  readonly ranges: readonly PortRange[];
}

/** So many in a row are a range. */
const RANGE = 16;
/** No image has so many that somebody would look through them. */
export const MOST_PORTS = 128;
export const MOST_RANGES = 64;
/** Entries of a container's row that are looked at in each look: all of it is known from the inspection. */
const MOST_LISTED = 512;

/**
 * Folds rows of ports into ranges. Kept beside their range: published ports, and one that a browser usually opens. Pure.
 * `ranges` are those that are known already.
 */
export function foldPorts(
  ports: Iterable<ContainerPort>,
  published: readonly ContainerPort[] = [],
  ranges: readonly PortRange[] = [],
): DeclaredPorts {
  const singles: ContainerPort[] = [];
  const folded = [...ranges];
  for (const protocol of Protocol.options) {
    const numbers = new Set<number>();
    for (const one of ports)
      if (one.protocol === protocol && !ranges.some((range) => isWithin(one, range))) numbers.add(one.port);
    for (const [from, to] of runsOf([...numbers].sort((a, b) => a - b))) {
      if (to - from + 1 >= RANGE) folded.push({ from, to, protocol });
      else for (let port = from; port <= to; port += 1) singles.push({ port, protocol });
    }
  }
  const kept = folded.flatMap((range) => standingOut(range, published));
  const all = new Map(
    [...published, ...kept, ...singles].map((port) => [`${port.port}/${port.protocol}`, port]),
  );
  return { ports: [...all.values()].slice(0, MOST_PORTS), ranges: folded.slice(0, MOST_RANGES) };
}

/** Ports of a range that are worth a line of their own. */
function standingOut(range: PortRange, published: readonly ContainerPort[]): ContainerPort[] {
  if (range.protocol === "udp" || published.some((port) => isWithin(port, range))) return [];
  const web = WEB_PORTS.find((port) => range.from <= port && port <= range.to);
  return web === undefined ? [] : [{ port: web, protocol: "tcp" }];
}

/** First and last of each row of consecutive numbers. */
function runsOf(sorted: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const number of sorted) {
    const last = runs.at(-1);
    if (last?.[1] === number - 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs;
}

/** `80/tcp` keys of `Config.ExposedPorts` and of `HostConfig.PortBindings`. SCTP is left out: it cannot be shared. */
export function portKeys(keys: Readonly<Record<string, unknown>> | null | undefined): ContainerPort[] {
  return Object.keys(keys ?? {}).flatMap((key) => {
    const [number, type = "tcp"] = key.split("/");
    return portOf(/^\d{1,5}$/.test(number ?? "") ? Number(number) : null, type) ?? [];
  });
}

/** The keys of `HostConfig.PortBindings` that lead to a port of the host; a telephone system's ten thousand are no choice of a port. */
export function publishedKeys(
  bindings: Readonly<Record<string, unknown>> | null | undefined,
): ContainerPort[] {
  const bound = Object.entries(bindings ?? {}).filter(([, at]) => Array.isArray(at) && at.length > 0);
  return fewPublished(portKeys(Object.fromEntries(bound)));
}

/** The `Ports` of a container's row: what is declared, and what is published. Entries that cannot be read are left out. */
export function listedPorts(rows: readonly unknown[]): {
  ports: ContainerPort[];
  published: ContainerPort[];
} {
  const ports: ContainerPort[] = [];
  const published: ContainerPort[] = [];
  for (const row of rows) {
    if (typeof row !== "object" || row === null || !("PrivatePort" in row)) continue;
    const isPublished = "PublicPort" in row && typeof row.PublicPort === "number" && row.PublicPort > 0;
    if (ports.length >= MOST_LISTED && (!isPublished || published.length >= MOST_LISTED)) continue;
    const port = portOf(row.PrivatePort, "Type" in row ? row.Type : "tcp");
    if (port === null) continue;
    if (ports.length < MOST_LISTED) ports.push(port);
    if (isPublished) published.push(port);
  }
  return { ports, published: fewPublished(published) };
}

/** Whole ranges that are published say nothing about which of them is meant. */
function fewPublished(published: readonly ContainerPort[]): ContainerPort[] {
  return [...foldPorts(published).ports].slice(0, MOST_PORTS / 2);
}

function portOf(port: unknown, type: unknown): ContainerPort | null {
  const protocol = Protocol.options.find((one) => one === (type ?? "tcp"));
  const isPort = typeof port === "number" && Number.isInteger(port) && port > 0 && port < 65_536;
  return isPort && protocol !== undefined ? { port, protocol } : null;
}

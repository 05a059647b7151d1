import { type ContainerPort, type PortRange, Protocol } from "@tailnet-share/contract/port";
import { isWithin, WEB_PORTS } from "./likely-port.ts";

/** A container's declared ports, with a limit: an image may declare all 65,535, and every look and panel carries them. */
export interface DeclaredPorts {
  readonly ports: readonly ContainerPort[];
  readonly ranges: readonly PortRange[];
}

/** Consecutive ports that make a range. */
const RANGE = 16;
/** Longer lists are unreadable. */
export const MOST_PORTS = 128;
export const MOST_RANGES = 64;
/** Limit of row entries parsed per look. The inspection has all of them. */
const MOST_LISTED = 512;

/**
 * Folds runs of consecutive ports into ranges. Also lists separately: published ports, and the first one that a browser usually opens.
 * Pure. `ranges` are the ones that are already known.
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
    for (const port of ports)
      if (port.protocol === protocol && !ranges.some((range) => isWithin(port, range)))
        numbers.add(port.port);
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

/** Ports of a range that get their own line. */
function standingOut(range: PortRange, published: readonly ContainerPort[]): ContainerPort[] {
  if (range.protocol === "udp" || published.some((port) => isWithin(port, range))) return [];
  const web = WEB_PORTS.find((port) => range.from <= port && port <= range.to);
  return web === undefined ? [] : [{ port: web, protocol: "tcp" }];
}

/** First and last number of each run of consecutive numbers. */
function runsOf(sorted: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const number of sorted) {
    const last = runs.at(-1);
    if (last?.[1] === number - 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs;
}

/** Parses `80/tcp` keys of `Config.ExposedPorts` and of `HostConfig.PortBindings`. Leaves out SCTP, which cannot be shared. */
export function portKeys(keys: Readonly<Record<string, unknown>> | null | undefined): ContainerPort[] {
  return Object.keys(keys ?? {}).flatMap((key) => {
    const [number, type = "tcp"] = key.split("/");
    return portOf(/^\d{1,5}$/.test(number ?? "") ? Number(number) : null, type) ?? [];
  });
}

/**
 * The keys of `HostConfig.PortBindings` that are bound to a port of the host. Leaves out long lists: ten thousand ports of a telephone
 * system say nothing about the user's choice.
 */
export function publishedKeys(
  bindings: Readonly<Record<string, unknown>> | null | undefined,
): ContainerPort[] {
  const bound = Object.entries(bindings ?? {}).filter(([, at]) => Array.isArray(at) && at.length > 0);
  return fewPublished(portKeys(Object.fromEntries(bound)));
}

/** Declared and published ports from a row's `Ports`. Skips entries that can't be parsed. */
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

/** A wholly published range doesn't single out any of its ports. */
function fewPublished(published: readonly ContainerPort[]): ContainerPort[] {
  return [...foldPorts(published).ports].slice(0, MOST_PORTS / 2);
}

function portOf(port: unknown, type: unknown): ContainerPort | null {
  const protocol = Protocol.options.find((protocol) => protocol === (type ?? "tcp"));
  const isPort = typeof port === "number" && Number.isInteger(port) && port > 0 && port < 65_536;
  return isPort && protocol !== undefined ? { port, protocol } : null;
}

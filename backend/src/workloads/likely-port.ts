import type { ContainerPort, PortRange } from "@tailnet-share/contract/port";

/** Ports that identify a well-known application. Users open this port, whatever else the image declares. */
const TELLING = [
  15672, 8025, 4566, 7474, 9200, 5601, 8123, 8086, 8500, 8200, 16686, 9411, 8161, 18083, 32400, 8091, 8096,
  8384, 8112, 8529, 6333, 5984, 8983, 8069, 8065, 19999, 5678, 2368, 8108, 4873, 7700, 11434, 4444, 9091,
  1880,
];

/** Ports where development servers and common images answer HTTP, likeliest first. */
const WEB = [
  80, 8080, 3000, 9443, 5173, 8000, 4200, 5000, 8888, 9000, 8081, 4000, 3001, 8008, 8090, 9090, 8001, 9001,
  1080, 443, 8443,
];

/** Client ports of databases and brokers, the main purpose of such images. */
const CLIENTS = [
  5432, 3306, 6379, 27017, 5672, 1883, 4222, 9042, 9092, 1433, 1521, 2379, 2181, 11211, 26257, 28015, 6650,
  3478, 53, 25, 389, 445,
];

/** Internal, admin and mail ports. One click never picks them while there is another. */
const LAST: ReadonlySet<number> = new Set([
  21, 22, 110, 143, 465, 587, 636, 873, 993, 995, 1025, 1110, 2380, 2888, 3888, 4369, 5671, 6222, 6380, 7000,
  7001, 7199, 7473, 7687, 8883, 9094, 9160, 9300, 15671, 15691, 15692, 25672, 29015, 33060, 50000, 61613,
  61614, 61616,
]);

const RANKS: ReadonlyMap<number, number> = new Map(
  [...TELLING, ...WEB, ...CLIENTS].map((port, index) => [port, index] as const),
);
const UNKNOWN = RANKS.size;

/** Lower is likelier. */
function rank({ port, protocol }: ContainerPort): number {
  if (protocol === "udp") return UNKNOWN + 2;
  return RANKS.get(port) ?? UNKNOWN + (LAST.has(port) ? 1 : 0);
}

/** TCP ports that a browser usually opens, likeliest first. */
export const WEB_PORTS: readonly number[] = [...TELLING, ...WEB];
const WEB_SET: ReadonlySet<number> = new Set(WEB_PORTS);
/** TLS ports, which rank behind an application's plain port. */
const TLS: ReadonlySet<number> = new Set([443, 8443]);

const samePort = (a: ContainerPort) => (b: ContainerPort) => a.port === b.port && a.protocol === b.protocol;

/**
 * Sorts ports so that the one for a single click comes first: published ones, because the user has said that they matter; then web ports
 * by likelihood, ports of clients, other TCP ports, UDP; then by number.
 */
export function likeliestFirst(
  ports: readonly ContainerPort[],
  published: readonly ContainerPort[] = [],
): ContainerPort[] {
  const publishedFirst = (port: ContainerPort) => (published.some(samePort(port)) ? 0 : 1);
  return [...ports].sort(
    (a, b) => publishedFirst(a) - publishedFirst(b) || rank(a) - rank(b) || a.port - b.port,
  );
}

export interface Declared {
  readonly ports: readonly ContainerPort[];
  readonly portRanges: readonly PortRange[];
  readonly published: readonly ContainerPort[];
}

/** Result of a look into a container: its listening ports, and those that answer HTTP. */
export interface Heard {
  readonly listening: readonly ContainerPort[];
  readonly http: readonly number[];
}

/**
 * The port that one click shares: a published one, otherwise one that answers HTTP, otherwise one that listens, otherwise the
 * likeliest. Undefined when none is declared. `heard` is null without a look. Pure.
 */
export function portOfOneClick(declared: Declared, heard: Heard | null = null): ContainerPort | undefined {
  const { ports, portRanges, published } = declared;
  const inRanges = (heard?.listening ?? []).filter((port) =>
    portRanges.some((range) => isWithin(port, range)),
  );
  const all = likeliestFirst(
    [...ports, ...inRanges.filter((port) => !ports.some(samePort(port)))],
    published,
  );
  const candidates = published.length > 0 ? all.filter((port) => published.some(samePort(port))) : all;
  const listens = (port: ContainerPort) => heard?.listening.some(samePort(port)) === true;
  const speaks = (port: ContainerPort) =>
    port.protocol === "tcp" && listens(port) && heard?.http.includes(port.port) === true;
  return candidates.find(speaks) ?? candidates.find(listens) ?? candidates[0] ?? all[0];
}

/** Returns whether a look into the container could change the choice. It can't with one candidate or a well-known port number. */
export function isUnsure({ ports, portRanges, published }: Declared): boolean {
  const named = published.length > 0 ? published : ports;
  const tcp = named.filter(({ protocol }) => protocol === "tcp");
  const known = tcp.filter(({ port }) => WEB_SET.has(port));
  const doors = known.length > 1 ? known.filter(({ port }) => !TLS.has(port)) : known;
  return doors.length !== 1 && (tcp.length > 1 || (published.length === 0 && portRanges.length > 0));
}

export function isWithin({ port, protocol }: ContainerPort, range: PortRange): boolean {
  return protocol === range.protocol && range.from <= port && port <= range.to;
}

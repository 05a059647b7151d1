import type { ContainerPort } from "@tailnet-share/contract/port";

/** Services that users open by address: the scheme that clients use, and the usual ports. */
const KNOWN: Readonly<Record<string, readonly number[]>> = {
  http: [80, 81, 88, 9200, 9411, 15672, 19999],
  https: [443, 3443, 4443, 5443, 6443, 7443, 7473, 8443, 8448, 9443, 10443, 15671],
  ftp: [21],
  ssh: [22],
  ldap: [389, 3268],
  smb: [445],
  rtsp: [554, 8554],
  ldaps: [636, 3269],
  rsync: [873],
  mqtt: [1883],
  rtmp: [1935],
  mysql: [3306, 3307],
  svn: [3690],
  nats: [4222],
  "opc.tcp": [4840],
  postgresql: [5432, 5433, 6432, 26257],
  amqps: [5671],
  amqp: [5672],
  vnc: [5900, 5901, 5902, 5903, 5904, 5905, 5906, 5907, 5908, 5909],
  redis: [6379],
  irc: [6667],
  ircs: [6697],
  bolt: [7687],
  mqtts: [8883],
  git: [9418],
  mongodb: [27017, 27018, 27019],
};

/**
 * Ports within the web ranges whose services no browser speaks with and that have no common scheme: iSCSI, remote desktop, SIP, Kafka,
 * Cassandra and similar.
 */
const PLAIN: ReadonlySet<number> = new Set([
  3050, 3128, 3260, 3310, 3389, 3478, 3868, 4150, 4160, 4317, 4369, 4505, 4506, 4730, 5005, 5037, 5044, 5060,
  5061, 5201, 5222, 5223, 5269, 5349, 5353, 5355, 5514, 5555, 5666, 5683, 5684, 5701, 5858, 5938, 5985, 5986,
  7000, 7077, 7199, 7233, 7777, 7881, 7946, 8009, 8020, 8125, 8140, 8201, 8300, 8301, 8302, 8333, 8388, 8600,
  9009, 9042, 9050, 9051, 9092, 9094,
]);

/** Ranges where development servers and web interfaces nearly always listen. A wrong guess costs a click. */
const WEB: readonly (readonly [number, number])[] = [
  [3000, 5999],
  [7000, 7999],
  [8000, 9099],
];

const SCHEMES: ReadonlyMap<number, string> = new Map(
  Object.entries(KNOWN).flatMap(([scheme, ports]) => ports.map((port) => [port, scheme] as const)),
);

/** Returns the scheme that a container's port usually speaks; empty when it has none, as in `host:port`. */
export function schemeOf({ port, protocol }: ContainerPort): string {
  if (protocol === "udp") return "";
  const known = SCHEMES.get(port);
  if (known !== undefined) return known;
  const web = WEB.some(([from, to]) => port >= from && port <= to);
  return web && !PLAIN.has(port) ? "http" : "";
}

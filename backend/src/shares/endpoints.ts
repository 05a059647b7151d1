import type { Endpoint, NodeState, Protocol, SharedPort } from "@tailnet-share/contract/model";

/** Schemes of services that people open by address. Web ports are guessed by `isWebPort`. */
const SCHEMES: Readonly<Record<number, string>> = {
  22: "ssh",
  443: "https",
  1883: "mqtt",
  3306: "mysql",
  4222: "nats",
  5432: "postgresql",
  5671: "amqps",
  5672: "amqp",
  6379: "redis",
  8443: "https",
  9092: "",
  11211: "",
  27017: "mongodb",
};

/** Where a share is reached, ready to be copied. `node` must be logged in. */
export function endpoints(
  ports: readonly SharedPort[],
  node: Pick<Extract<NodeState, { state: "connected" }>, "dnsName" | "addresses" | "magicDns">,
): Endpoint[] {
  const ip = node.addresses[0] ?? "";
  const host = node.magicDns && node.dnsName !== "" ? node.dnsName : ip;
  return ports.map((port) => ({
    ...port,
    address: addressOf(port, host),
    ipAddress: addressOf(port, ip),
    web: ["http", "https"].includes(schemeOf(port.port, port.protocol)),
  }));
}

function addressOf({ port, protocol, nodePort }: SharedPort, host: string): string {
  const scheme = schemeOf(port, protocol);
  if (scheme === "") return `${host}:${nodePort}`;
  const usual = { http: 80, https: 443, ssh: 22 }[scheme];
  return `${scheme}://${host}${usual === nodePort ? "" : `:${nodePort}`}`;
}

function schemeOf(port: number, protocol: Protocol): string {
  if (protocol === "udp") return "";
  return SCHEMES[port] ?? (isWebPort(port) ? "http" : "");
}

/** Where development servers listen: a wrong guess costs a click, so only ranges that are nearly always HTTP. */
function isWebPort(port: number): boolean {
  return (
    port === 80 ||
    port === 81 ||
    port === 88 ||
    [
      [3000, 5999],
      [7000, 7999],
      [8000, 9099],
    ].some(([from = 0, to = 0]) => port >= from && port <= to)
  );
}

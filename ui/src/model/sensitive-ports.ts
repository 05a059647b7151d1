import type { ContainerPort } from "@tailnet-share/contract/port";
import type { Mode } from "@tailnet-share/contract/share";
import type { Workload } from "@tailnet-share/contract/workload";

/** Maps a default port to what usually answers on it, and to the risk of exposing it. */
const SENSITIVE: ReadonlyMap<number, string> = new Map([
  [22, "SSH: remote shell"],
  [23, "Telnet: unencrypted remote shell"],
  [445, "Windows file shares (SMB)"],
  [1433, "SQL Server database"],
  [1521, "Oracle database"],
  [2049, "NFS file shares"],
  [2375, "Docker API without TLS: root access to that host"],
  [2376, "Docker API: root access to that host"],
  [2379, "etcd: the cluster's whole configuration"],
  [2380, "etcd: the cluster's whole configuration"],
  [3306, "MySQL or MariaDB database"],
  [3389, "remote desktop (RDP)"],
  [5432, "PostgreSQL database"],
  [5601, "Kibana: everything in its Elasticsearch"],
  [5900, "remote desktop (VNC)"],
  [5984, "CouchDB database"],
  [5985, "Windows Remote Management"],
  [5986, "Windows Remote Management"],
  [6379, "Redis, often without a password"],
  [6443, "Kubernetes API"],
  [7474, "Neo4j database console"],
  [7687, "Neo4j database"],
  [8006, "Proxmox admin console"],
  [8086, "InfluxDB database"],
  [8200, "Vault: secrets of other systems"],
  [8500, "Consul: the cluster's configuration"],
  [9000, "admin console, such as Portainer"],
  [9042, "Cassandra database"],
  [9200, "Elasticsearch, often without a password"],
  [9300, "Elasticsearch, often without a password"],
  [9443, "admin console, such as Portainer"],
  [10000, "Webmin admin console"],
  [10250, "Kubernetes kubelet API"],
  [11211, "Memcached, without a password"],
  [15672, "RabbitMQ admin console"],
  [26257, "CockroachDB database"],
  [27017, "MongoDB database"],
]);

/** Warns about the usual risk of a port. Never blocks it. */
export function sensitivePort(port: ContainerPort): string | null {
  const short = shortWarning(port);
  return short === null
    ? null
    : `${short}. When shared, every device that your access controls allow can reach it.`;
}

function shortWarning({ port, protocol }: ContainerPort): string | null {
  const what = whatIs({ port, protocol });
  return what === null ? null : `Port ${port}: ${what}`;
}

/**
 * Short warning for the row: about shared ports, otherwise about those that one click would share. A machine exposes every port that its
 * container listens on, so it considers all known ports. Null when no port is known to be sensitive.
 */
export function rowWarning({ ports, share }: Workload, mode: Mode): string | null {
  if (share === null) return mode === "node" ? firstOf(ports.slice(0, 1)) : ofMachine(ports);
  const live = share.exposure.state === "live" ? share.exposure.endpoints : [];
  return share.mode === "node" ? firstOf(share.ports) : ofMachine([...ports, ...share.ports, ...live]);
}

function firstOf(ports: readonly ContainerPort[]): string | null {
  return ports.map(shortWarning).find((words) => words !== null) ?? null;
}

function ofMachine(ports: readonly ContainerPort[]): string | null {
  const port = ports.find((each) => whatIs(each) !== null);
  if (port === undefined) return null;
  return `All ports are reachable, including ${port.port} (${whatIs(port)})`;
}

function whatIs({ port, protocol }: ContainerPort): string | null {
  return (protocol === "tcp" ? SENSITIVE.get(port) : undefined) ?? null;
}

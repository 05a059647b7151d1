import type { ContainerPort } from "@tailnet-share/contract/port";
import type { Mode } from "@tailnet-share/contract/share";
import type { Workload } from "@tailnet-share/contract/workload";

/** Maps a program's default port to its usual program and to the risk of exposing it. */
const SENSITIVE: ReadonlyMap<number, string> = new Map([
  [22, "SSH: a shell for everyone who can log in"],
  [23, "Telnet: a shell, and passwords that can be read on the way"],
  [445, "files that are shared with Windows"],
  [1433, "a SQL Server database"],
  [1521, "an Oracle database"],
  [2049, "files that are shared by NFS"],
  [2375, "a Docker engine without a password: full control of its machine"],
  [2376, "a Docker engine: full control of its machine"],
  [2379, "etcd: a cluster's whole configuration"],
  [2380, "etcd: a cluster's whole configuration"],
  [3306, "a MySQL or MariaDB database"],
  [3389, "a remote desktop"],
  [5432, "a PostgreSQL database"],
  [5601, "Kibana: everything that its Elasticsearch holds"],
  [5900, "a remote screen"],
  [5984, "a CouchDB database"],
  [5985, "the remote control of a Windows machine"],
  [5986, "the remote control of a Windows machine"],
  [6379, "Redis, which often has no password"],
  [6443, "a Kubernetes cluster's control"],
  [7474, "a Neo4j database's console"],
  [7687, "a Neo4j database"],
  [8006, "Proxmox's admin console: full control of its machines"],
  [8086, "an InfluxDB database"],
  [8200, "Vault: the secrets of other systems"],
  [8500, "Consul: a cluster's configuration"],
  [9000, "an admin console, such as Portainer's"],
  [9042, "a Cassandra database"],
  [9200, "Elasticsearch, which often has no password"],
  [9300, "Elasticsearch, which often has no password"],
  [9443, "an admin console, such as Portainer's"],
  [10000, "Webmin: full control of its machine"],
  [10250, "a Kubernetes node's control"],
  [11211, "Memcached, which has no password"],
  [15672, "RabbitMQ's admin console"],
  [26257, "a CockroachDB database"],
  [27017, "a MongoDB database"],
]);

/** Warns about the usual risk of a port. Never blocks it. */
export function sensitivePort({ port, protocol }: ContainerPort): string | null {
  const what = whatIs({ port, protocol });
  return what === null
    ? null
    : `Port ${port} is usually ${what}. Share it only if your whole tailnet may use it.`;
}

/**
 * Warning for the row: about shared ports, otherwise about those that one click would share. A machine exposes every port that its
 * container listens on, so it considers all known ports. Null when no port is known to be sensitive.
 */
export function rowWarning({ ports, share }: Workload, mode: Mode): string | null {
  if (share === null) return mode === "node" ? firstOf(ports.slice(0, 1)) : ofMachine(ports);
  const live = share.exposure.state === "live" ? share.exposure.endpoints : [];
  return share.mode === "node" ? firstOf(share.ports) : ofMachine([...ports, ...share.ports, ...live]);
}

function firstOf(ports: readonly ContainerPort[]): string | null {
  return ports.map(sensitivePort).find((words) => words !== null) ?? null;
}

function ofMachine(ports: readonly ContainerPort[]): string | null {
  const port = ports.find((each) => whatIs(each) !== null);
  if (port === undefined) return null;
  return `A machine answers on every port. Port ${port.port} is usually ${whatIs(port)}. Share it only if your whole tailnet may use it.`;
}

function whatIs({ port, protocol }: ContainerPort): string | null {
  return (protocol === "tcp" ? SENSITIVE.get(port) : undefined) ?? null;
}

import { assignNodePorts } from "./node-ports.ts";
import type { StoredShare } from "./stored-share.ts";

/**
 * Reduces shares to ones that can all be in place at once: one per workload and machine, each container port once, each node port once. In
 * a conflict, the first share keeps its port, and the other gets the next free one. Needed for shares from a file: two shares on one port
 * would make the kernel reject everybody's rules. Pure.
 */
export function withoutConflicts(shares: readonly StoredShare[]): StoredShare[] {
  const kept: StoredShare[] = [];
  for (const share of shares) {
    const isTwin = kept.some(
      ({ workload, machine }) =>
        workload === share.workload || (machine !== null && machine.key === share.machine?.key),
    );
    if (isTwin) continue;
    const ports = share.ports.filter(
      ({ port, protocol }, index) =>
        share.ports.findIndex((other) => other.port === port && other.protocol === protocol) === index,
    );
    const nodeShares = kept.filter(({ mode }) => mode === "node");
    kept.push({ ...share, ports: share.mode === "node" ? withFreePorts(ports, nodeShares) : ports });
  }
  return kept;
}

function withFreePorts(
  ports: StoredShare["ports"],
  nodeShares: readonly StoredShare[],
): StoredShare["ports"] {
  const used = new Set(
    nodeShares.flatMap((share) => share.ports.map(({ nodePort, protocol }) => `${nodePort}/${protocol}`)),
  );
  const wanted = ports.map(({ nodePort, ...rest }) => {
    const portKey = `${nodePort}/${rest.protocol}`;
    if (used.has(portKey)) return rest;
    used.add(portKey);
    return { ...rest, nodePort };
  });
  return assignNodePorts(wanted, undefined, nodeShares);
}

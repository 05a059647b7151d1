import type { Protocol } from "@tailnet-share/contract/port";
import type { Traffic } from "@tailnet-share/contract/share";

/** One shared port as the data plane sees it. `nodePort` and `protocol` together are unique. */
export interface Forward {
  protocol: Protocol;
  nodePort: number;
  /** IPv4 address of the target. */
  address: string;
  port: number;
  /**
   * For a port with HTTPS, the backend's own address that tailscaled connects to; tailnet packets for this port are then not
   * translated. Absent for a port that clients reach through the kernel alone.
   */
  via?: string;
}

export interface ActiveForward extends Forward {
  /** Bytes from and to the tailnet; zeros when the data plane can't count. */
  traffic: Traffic;
}

/** Connections through a current or former forward. */
export interface Flows extends Forward {
  /** Tailnet addresses with an open connection, sorted and without duplicates. */
  visitors: readonly string[];
  /** Seconds since the last packet of any open flow; infinite when none is open. */
  idleSeconds: number;
}

/** Carries a shared port's packets to its target. Methods reject with `AppError("DATAPLANE_FAILED" | "UDP_NEEDS_TUN")`. */
export interface DataPlane {
  readonly mode: "kernel" | "userspace";
  /**
   * Reads back the forwards from where they are enforced. Returns null when even the rules that close the node are missing or somebody
   * else has changed the rules.
   */
  observe(signal?: AbortSignal): Promise<ActiveForward[] | null>;
  /** Returns whether the rules in place are the ones that `replace` last made. Before the first `replace`: whether any rules exist. */
  intact(signal?: AbortSignal): Promise<boolean>;
  /** Replaces all forwards in one transaction. Byte counts continue from `before`, the last observation. */
  replace(
    forwards: readonly Forward[],
    before: readonly ActiveForward[],
    signal?: AbortSignal,
  ): Promise<void>;
  /** Open connections; empty when the data plane can't list them. */
  flows(signal?: AbortSignal): Promise<readonly Flows[]>;
  /** The same within milliseconds, for callers where these matter; null when listing takes longer. Synchronous. */
  flowsAtOnce(): readonly Flows[] | null;
  /** Packets that passed the backend's card with this address; null when unknown. Synchronous, too. */
  packets(address: string): number | null;
  /** Ends open connections of removed forwards; the rules already block new packets. */
  endFlows(gone: readonly Forward[], signal?: AbortSignal): Promise<void>;
}

export function forwardKey({ protocol, nodePort }: Pick<Forward, "protocol" | "nodePort">): string {
  return `${protocol}_${nodePort}`;
}

export function sameForward(a: Forward, b: Forward): boolean {
  return (
    a.protocol === b.protocol &&
    a.nodePort === b.nodePort &&
    a.address === b.address &&
    a.port === b.port &&
    a.via === b.via
  );
}

/** Returns the forwards in `current` that have no equal in `wanted`. */
export function forwardsBeyond<T extends Forward>(current: readonly T[], wanted: readonly Forward[]): T[] {
  const byKey = new Map(wanted.map((forward) => [forwardKey(forward), forward]));
  return current.filter((forward) => {
    const wantedForward = byKey.get(forwardKey(forward));
    return wantedForward === undefined || !sameForward(wantedForward, forward);
  });
}

/** Returns whether the enforced rules are the last ones made and have these forwards. Rejects as the data plane does. */
export async function holds(
  dataPlane: Pick<DataPlane, "observe" | "intact">,
  forwards: readonly Forward[],
): Promise<boolean> {
  const [current, intact] = await Promise.all([dataPlane.observe(), dataPlane.intact()]);
  return (
    intact && forwards.every((wanted) => current?.some((forward) => sameForward(forward, wanted)) ?? false)
  );
}

/** Returns whether two lists have the same forwards, in any order. */
export function sameForwards(wanted: readonly Forward[], current: readonly Forward[]): boolean {
  return wanted.length === current.length && forwardsBeyond(wanted, current).length === 0;
}

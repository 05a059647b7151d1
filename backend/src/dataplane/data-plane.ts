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
   * The backend's own address where tailscaled connects, for a port with HTTPS: then nothing that comes from the tailnet is
   * translated. Absent for a port that visitors reach through the kernel alone.
   */
  via?: string;
}

export interface ActiveForward extends Forward {
  /** Bytes from and to the tailnet; zeros where the data plane cannot count. */
  traffic: Traffic;
}

/** Connections by way of a forward, one that is there or one that was. */
export interface Flows extends Forward {
  /** Tailnet addresses of those who have one open, each once, in order. */
  visitors: readonly string[];
  /** Seconds since the last packet of any open flow; infinite when none is open. */
  quietSeconds: number;
}

/** Carries a shared port's packets to its target. Methods reject with `AppError("DATAPLANE_FAILED" | "UDP_NEEDS_TUN")`. */
export interface DataPlane {
  readonly mode: "kernel" | "userspace";
  /**
   * What is really in place, read back from where it is enforced; null when not even the rules that close the node are, or somebody
   * else has changed them.
   */
  observe(signal?: AbortSignal): Promise<ActiveForward[] | null>;
  /** Whether what is in place now, with the rules around the forwards, is what `replace` made last. Before the first: whether anything is. */
  intact(signal?: AbortSignal): Promise<boolean>;
  /** Makes `forwards` all there is, in one transaction. `before` is what was observed: byte counts go on from there. */
  replace(
    forwards: readonly Forward[],
    before: readonly ActiveForward[],
    signal?: AbortSignal,
  ): Promise<void>;
  /** Connections that are not over; none where the data plane cannot tell. */
  flows(signal?: AbortSignal): Promise<readonly Flows[]>;
  /** Packets that have passed the backend's card with this address; null when unknown. Synchronous, for when milliseconds count. */
  packets(address: string): number | null;
  /** Ends what is still open of forwards that are gone; nothing new gets through them anyway. */
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

/** Which of `there` have no equal among `wanted`. */
export function forwardsBeyond<T extends Forward>(there: readonly T[], wanted: readonly Forward[]): T[] {
  const byKey = new Map(wanted.map((forward) => [forwardKey(forward), forward]));
  return there.filter((forward) => {
    const one = byKey.get(forwardKey(forward));
    return one === undefined || !sameForward(one, forward);
  });
}

/** Whether what is enforced right now is what was made last, and has these forwards. Rejects as the data plane does. */
export async function holds(
  dataPlane: Pick<DataPlane, "observe" | "intact">,
  forwards: readonly Forward[],
): Promise<boolean> {
  const [there, intact] = await Promise.all([dataPlane.observe(), dataPlane.intact()]);
  return intact && forwards.every((wanted) => there?.some((one) => sameForward(one, wanted)) ?? false);
}

/** Whether two lists have the same forwards, in whatever order. */
export function sameForwards(wanted: readonly Forward[], there: readonly Forward[]): boolean {
  return wanted.length === there.length && forwardsBeyond(wanted, there).length === 0;
}

import { AppError } from "@tailnet-share/contract/errors";
import type { Protocol } from "@tailnet-share/contract/port";
import { z } from "zod";
import type { RunResult } from "../../lib/run.ts";
import { type ActiveForward, type Forward, forwardKey } from "../data-plane.ts";
import type { Counters } from "./ruleset.ts";

/** The parts of `nft --json list table` that we read. Source: libnftables-json(5). */
const Listing = z.object({
  nftables: z.array(
    z.object({
      map: z
        .object({ name: z.string(), elem: z.array(z.tuple([z.unknown(), z.unknown()])).optional() })
        .optional(),
      set: z.object({ name: z.string(), elem: z.array(z.unknown()).optional() }).optional(),
      rule: z.unknown().optional(),
    }),
  ),
});

const PROTOCOL_OF_MAP: Readonly<Record<string, Protocol>> = { tcp_targets: "tcp", udp_targets: "udp" };

const Place = z.object({ concat: z.tuple([z.string(), z.number()]) });
const Target = z.tuple([z.number(), Place]);
/** Keyed by the backend's own address and the node port. */
const FrontedTarget = z.tuple([Place, Place]);

/** A set element with a counter; its key begins with the node port, as a mark. */
const Counted = z.object({
  elem: z.object({
    val: z.object({ concat: z.tuple([z.number()]).rest(z.unknown()) }),
    counter: z.object({ bytes: z.number() }),
  }),
});

/** Parses the forwards and their byte counts from a listing of our table. Throws `ZodError` or `SyntaxError` on anything else. */
export function parseListing(json: string): ActiveForward[] {
  const { nftables } = Listing.parse(JSON.parse(json));
  const bytes = new Map<string, number>();
  for (const { set } of nftables) {
    for (const element of set?.elem ?? []) {
      const counted = Counted.safeParse(element).data?.elem;
      if (counted !== undefined) bytes.set(`${set?.name} ${counted.val.concat[0]}`, counted.counter.bytes);
    }
  }
  const active = (forward: Forward): ActiveForward => ({
    ...forward,
    traffic: {
      received: bytes.get(`${forward.protocol}_received ${forward.nodePort}`) ?? 0,
      sent: bytes.get(`${forward.protocol}_sent ${forward.nodePort}`) ?? 0,
    },
  });
  return nftables.flatMap(({ map }) => {
    const elements = map?.elem ?? [];
    const protocol = PROTOCOL_OF_MAP[map?.name ?? ""];
    if (protocol !== undefined)
      return elements.map((element) => {
        const [nodePort, { concat }] = Target.parse(element);
        return active({ protocol, nodePort, address: concat[0], port: concat[1] });
      });
    if (map?.name !== "https_targets") return [];
    return elements.map((element) => {
      const [own, { concat }] = FrontedTarget.parse(element);
      const [via, nodePort] = own.concat;
      return active({ protocol: "tcp", nodePort, address: concat[0], port: concat[1], via });
    });
  });
}

/** Returns whether the set elements of a listed table kept the byte counts they were loaded with. False for anything but a listing. */
export function countsOfElements(json: string): boolean {
  try {
    const { nftables } = Listing.parse(JSON.parse(json));
    const elements = nftables.flatMap(({ set }) => set?.elem ?? []);
    return elements.some((element) => (Counted.safeParse(element).data?.elem.counter.bytes ?? 0) > 0);
  } catch {
    return false;
  }
}

/**
 * Returns our table as `nft` showed it; null when there is none. Throws `AppError("DATAPLANE_FAILED")` when `nft` failed, because
 * rules may exist all the same.
 */
export function listingFrom({ code, stdout, stderr }: RunResult): string | null {
  if (code === 0) return stdout;
  if (/No such file or directory/.test(stderr)) return null;
  throw new AppError(
    "DATAPLANE_FAILED",
    `The forwarding rules cannot be read: ${stderr.split("\n")[0] || `exit code ${code}`}`,
    "Retrying automatically. If this persists, restart Tailnet Share and send its diagnostics.",
  );
}

/** Counts the rules in a listing. Throws as `parseListing` does. */
export function rulesIn(json: string): number {
  return Listing.parse(JSON.parse(json)).nftables.filter(({ rule }) => rule !== undefined).length;
}

/** Byte counts by `forwardKey`, which the replaced table continues from. */
export function carriedCounters(active: readonly ActiveForward[]): Map<string, Counters> {
  return new Map(active.map((forward) => [forwardKey(forward), forward.traffic]));
}

/** Fields that change on their own or don't describe a rule. */
const PASSING: ReadonlySet<string> = new Set(["handle", "bytes", "packets", "metainfo"]);

/** Strips a listing of fields that change on their own: equal texts mean equal rules. Throws `SyntaxError` on anything but JSON. */
export function shapeOf(json: string): string {
  const steady = (name: string, value: unknown): unknown => {
    if (PASSING.has(name)) return undefined;
    // The kernel returns a set's elements in any order.
    if (name !== "elem" || !Array.isArray(value)) return value;
    return value.map((element: unknown) => JSON.stringify(element, steady)).sort();
  };
  return JSON.stringify(JSON.parse(json), steady);
}

import type { Update } from "@tailnet-share/contract/node";

/** A security fault of tailscale's Linux client that the extension can meet. */
interface Advisory {
  /** Its name in https://tailscale.com/security-bulletins. */
  readonly bulletin: string;
  /** The first release without it. */
  readonly mendedIn: string;
}

/**
 * As known on 2026-11-25. Shipped with the extension, because not every control server tells of security faults, and
 * nobody else is asked. Faults of other systems, of Tailscale's own servers and of what is never switched on here, such as
 * Tailscale SSH, are not in it.
 */
const ADVISORIES: readonly Advisory[] = [
  // A web page may reach the peer API.
  { bulletin: "TS-2022-005", mendedIn: "1.32.3" },
  // Devices beside a router of the tailnet get in through it.
  { bulletin: "TS-2024-005", mendedIn: "1.66.0" },
  // Serve and Funnel can be brought to a halt.
  { bulletin: "TS-2026-010", mendedIn: "1.98.9" },
];

/** The latest known fault of a release, such as `1.96.4`; of `1.96`, which stands for its last patch, one that no patch mends. Null: none. Pure. */
export function knownFault(version: string, advisories: readonly Advisory[] = ADVISORIES): Advisory | null {
  const parts = partsOf(version);
  if (parts === null) return null;
  return advisories.findLast(({ mendedIn }) => isOlder(parts, partsOf(mendedIn) ?? [])) ?? null;
}

/**
 * What is to be said of the release that was chosen for machines: by the tag of its image and, as tags such as `stable` say
 * nothing, by what runs. Pure.
 */
export function machineUpdates(tag: string, running: readonly string[]): Update[] {
  if (tag === "") return [];
  for (const version of [tag.replace(/^v/, ""), ...running]) {
    const fault = knownFault(version);
    if (fault === null) continue;
    const { bulletin, mendedIn } = fault;
    return [{ part: "machines", running: version, latest: mendedIn, security: true, bulletin }];
  }
  return [];
}

function partsOf(version: string): number[] | null {
  return /^\d+\.\d+(\.\d+)?$/.test(version) ? version.split(".").map(Number) : null;
}

/** A part that is left out is as new as can be. */
function isOlder(version: readonly number[], than: readonly number[]): boolean {
  for (const [index, part] of than.entries()) {
    const own = version[index] ?? Number.POSITIVE_INFINITY;
    if (own !== part) return own < part;
  }
  return false;
}

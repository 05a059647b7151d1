import type { Update } from "@tailnet-share/contract/node";

/** A vulnerability in tailscale's Linux client that can affect this extension. */
interface Advisory {
  /** The bulletin's ID in https://tailscale.com/security-bulletins. */
  readonly bulletin: string;
  /** The first release that fixes it. */
  readonly mendedIn: string;
}

/**
 * Known vulnerabilities as of 2026-11-25. The list ships with the extension because not every control server announces security
 * fixes, and the extension queries nothing else. It leaves out other platforms, Tailscale's own servers and features that are
 * never enabled here, such as Tailscale SSH.
 */
const ADVISORIES: readonly Advisory[] = [
  // A web page can reach the peer API.
  { bulletin: "TS-2022-005", mendedIn: "1.32.3" },
  // Devices next to a subnet router get in through it.
  { bulletin: "TS-2024-005", mendedIn: "1.66.0" },
  // Serve and Funnel can be brought down (denial of service).
  { bulletin: "TS-2026-010", mendedIn: "1.98.9" },
];

/**
 * Returns the latest known vulnerability of a release such as `1.96.4`, or null. `1.96` means its latest patch, so it matches only a
 * vulnerability that no 1.96 patch fixes. Pure.
 */
export function knownFault(version: string, advisories: readonly Advisory[] = ADVISORIES): Advisory | null {
  const parts = partsOf(version);
  if (parts === null) return null;
  return advisories.findLast(({ mendedIn }) => isOlder(parts, partsOf(mendedIn) ?? [])) ?? null;
}

/**
 * Returns the notice for the machines' chosen release. Checks the image tag first, then the running versions, because tags such as
 * `stable` carry no version. Pure.
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

/** Treats a missing part as the newest possible. */
function isOlder(version: readonly number[], than: readonly number[]): boolean {
  for (const [index, part] of than.entries()) {
    const own = version[index] ?? Number.POSITIVE_INFINITY;
    if (own !== part) return own < part;
  }
  return false;
}

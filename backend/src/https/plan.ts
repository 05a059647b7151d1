import { type Front, sameFronts } from "./fronts.ts";
import type { HttpsSeen, HttpsStep } from "./https.ts";

/** tailscaled renews certificates. This is the interval for asking whether it still has one. Milliseconds. */
const CERTIFICATE_MS = 12 * 3_600_000;

/**
 * Plans HTTPS on the node. `before` runs before the kernel's rules change, and `after` runs afterwards: only one of the two may serve
 * a port, so the current one gives it up first. `isWanted`: a share uses HTTPS, or the panel would. Pure.
 */
export function planHttps(
  wanted: readonly Front[],
  isWanted: boolean,
  { host, certifies, fronts, certificate }: HttpsSeen,
  now: number,
): { before: readonly HttpsStep[]; after: readonly HttpsStep[] } {
  if (host === null) return { before: [], after: [] };
  const inPlace = fronts !== null && sameFronts(wanted, fronts);
  const serve: readonly HttpsStep[] = inPlace ? [] : [{ kind: "serve", fronts: wanted }];
  const isNamed = ({ nodePort }: Front) => wanted.some((front) => front.nodePort === nodePort);
  const givesUp = fronts !== null && !fronts.every(isNamed);
  const isKnown = certificate?.host === host && now - certificate.at < CERTIFICATE_MS;
  const asks: readonly HttpsStep[] = isWanted && certifies && !isKnown ? [{ kind: "certificate", host }] : [];
  return givesUp ? { before: serve, after: asks } : { before: [], after: [...serve, ...asks] };
}

/**
 * While the containers' addresses are unknown: removes only the fronts of ports that no share wants any more. `panel`: the panel's fronts,
 * which lead to no container; `null` for no panel. Pure.
 */
export function planWithoutContainers(
  isWanted: (nodePort: number) => boolean,
  panel: readonly Front[] | null,
  seen: HttpsSeen,
  now: number,
): readonly HttpsStep[] {
  if (seen.fronts === null) return [];
  const own = panel ?? [];
  const kept = seen.fronts.filter(
    ({ nodePort }) => isWanted(nodePort) && own.every((front) => front.nodePort !== nodePort),
  );
  const { before, after } = planHttps([...kept, ...own], panel !== null, seen, now);
  return [...before, ...after];
}

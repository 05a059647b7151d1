import { type Front, sameFronts } from "./fronts.ts";
import type { HttpsSeen, HttpsStep } from "./https.ts";

/** tailscaled renews certificates. This is the interval for asking whether it still has one. Milliseconds. */
const CERTIFICATE_MS = 12 * 3_600_000;

/**
 * Plans HTTPS on the node. `before` comes before the kernel's rules are changed, `after` afterwards: a port has one way in at a
 * time, and whoever has it gives it up first. `isWanted`: some share asks for HTTPS. Pure.
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
  const isNamed = ({ nodePort }: Front) => wanted.some((one) => one.nodePort === nodePort);
  const givesUp = fronts !== null && !fronts.every(isNamed);
  const isKnown = certificate?.host === host && now - certificate.at < CERTIFICATE_MS;
  const asks: readonly HttpsStep[] = isWanted && certifies && !isKnown ? [{ kind: "certificate", host }] : [];
  return givesUp ? { before: serve, after: asks } : { before: [], after: [...serve, ...asks] };
}

/** Takes away the fronts of ports that nobody wants any more, and nothing else: where containers are is not known. Pure. */
export function withdrawnFronts(
  isWanted: (nodePort: number) => boolean,
  { host, fronts }: HttpsSeen,
): readonly HttpsStep[] {
  const left = (fronts ?? []).filter(({ nodePort }) => isWanted(nodePort));
  return host === null || left.length === (fronts ?? []).length ? [] : [{ kind: "serve", fronts: left }];
}

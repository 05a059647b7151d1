import { schemeOf } from "../ports/schemes.ts";
import type { BesideSection } from "../tailscale/localapi/serve-section.ts";
import type { ServedSection } from "../tailscale/localapi/types.ts";

/** A node port where tailscaled answers under one name, with HTTPS and the tailnet's certificate unless it is `plain`. */
export interface Front {
  nodePort: number;
  /** The node's full name. */
  host: string;
  /** Proxy target for requests, in serve config's form: `http://address:port`, or `unix:/path`. */
  proxy: string;
  /** HTTP without TLS; absent for HTTPS. */
  plain?: true;
}

/** The program behind a front. */
export interface FrontTarget {
  address: string;
  port: number;
}

/** Whether targets speak TLS, by `targetKey`. */
export type SpeaksTls = ReadonlyMap<string, boolean>;

export function targetKey({ address, port }: FrontTarget): string {
  return `${address}:${port}`;
}

/** The address for tailscaled to connect to: `via` if the kernel translates it, otherwise the target. */
export function proxyOf(target: FrontTarget, via: FrontTarget | null, speaksTls: SpeaksTls): string {
  const { address, port } = via ?? target;
  return `${proxyScheme(target.port, speaksTls.get(targetKey(target)))}://${address}:${port}`;
}

/**
 * Returns the scheme for a proxy target of serve config. Guesses from the port number until the port has been probed. Doesn't verify
 * the program's certificate, which never covers a name that tailscaled could expect. Pure.
 */
export function proxyScheme(port: number, speaksTls: boolean | null | undefined): "http" | "https+insecure" {
  return (speaksTls ?? schemeOf({ port, protocol: "tcp" }) === "https") ? "https+insecure" : "http";
}

/** A part of serve config without `AllowFunnel`. */
type PrivateSection = ServedSection & { AllowFunnel?: never };

/** Never sets `AllowFunnel`: node shares and the panel are for the tailnet alone, whatever its policy allows. */
export function sectionOf(fronts: readonly Front[]): PrivateSection {
  return {
    TCP: Object.fromEntries(
      fronts.map(({ nodePort, plain }) => [String(nodePort), plain ? { HTTP: true } : { HTTPS: true }]),
    ),
    Web: Object.fromEntries(
      fronts.map(({ host, nodePort, proxy }) => [
        `${host}:${nodePort}`,
        { Handlers: { "/": { Proxy: proxy } } },
      ]),
    ),
  };
}

/** Returns the fronts of a section; null when it has something that `sectionOf` does not write. */
export function frontsIn({ TCP, Web, AllowFunnel }: ServedSection): Front[] | null {
  if (Object.keys(AllowFunnel ?? {}).length > 0) return null;
  const fronts = Object.entries(Web ?? {}).map(([hostPort, { Handlers }]) => {
    const colon = hostPort.lastIndexOf(":");
    const proxy = Object.keys(Handlers ?? {}).length === 1 ? Handlers?.["/"]?.Proxy : undefined;
    const port = hostPort.slice(colon + 1);
    const plain = TCP?.[port]?.HTTP === true ? { plain: true as const } : {};
    return { host: hostPort.slice(0, colon), nodePort: Number(port), proxy: proxy ?? "", ...plain };
  });
  const ports = Object.entries(TCP ?? {});
  const isWeb = ports.every(([, { HTTPS, HTTP }]) => (HTTPS === true) !== (HTTP === true));
  const served = new Set(fronts.map(({ nodePort }) => String(nodePort)));
  return isWeb && ports.length === served.size && ports.every(([port]) => served.has(port)) ? fronts : null;
}

/** Keeps other stored config, except on our ports, where it would conflict with them or make them public. */
export const besideFronts: BesideSection = (stored, { TCP: ours = {}, Web: sites = {} }) => {
  const outside =
    (keys: object | null | undefined) =>
    ([key]: [string, unknown]) =>
      !Object.hasOwn(keys ?? {}, key);
  const isInTheWay = (part: object | null | undefined, keys: object | null | undefined) =>
    !Object.entries(part ?? {}).every(outside(keys));
  const { TCP, Web, AllowFunnel } = stored;
  if (!isInTheWay(TCP, ours) && !isInTheWay(Web, sites) && !isInTheWay(AllowFunnel, sites)) return stored;
  const kept = <T>(part: Record<string, T> | null | undefined, keys: object | null | undefined) =>
    Object.fromEntries(Object.entries(part ?? {}).filter(outside(keys)));
  return { ...stored, TCP: kept(TCP, ours), Web: kept(Web, sites), AllowFunnel: kept(AllowFunnel, sites) };
};

export function sameFront(a: Front, b: Front): boolean {
  return a.nodePort === b.nodePort && a.host === b.host && a.proxy === b.proxy && a.plain === b.plain;
}

/** Returns whether two lists have the same fronts, in any order. */
export function sameFronts(a: readonly Front[], b: readonly Front[]): boolean {
  return a.length === b.length && a.every((front) => b.some((other) => sameFront(front, other)));
}

import type { IncomingHttpHeaders } from "node:http";
import { PANEL_HEADER } from "@tailnet-share/contract/session";

export interface BrowserRequest {
  readonly method: string;
  /** With the `Host` that the browser sent. */
  readonly headers: IncomingHttpHeaders;
}

/**
 * Returns whether a call comes from a page of the panel itself, under one of the names that lead to the panel. `hosts`: host names and
 * addresses in lower case, with a port if only that one counts.
 *
 * A container that is shared at the node's name is the same *site* as a panel at that name, so neither the cookie's `SameSite` nor
 * `Sec-Fetch-Site: same-site` is enough: only the same *origin*, port included, counts.
 */
export function isFromPanel({ method, headers }: BrowserRequest, hosts: ReadonlySet<string>): boolean {
  if (!isPanelHost(headers.host, hosts)) return false;
  if (headers[PANEL_HEADER] === undefined) return false;
  if (method !== "GET" && !isJson(headers["content-type"])) return false;
  const site = headers["sec-fetch-site"];
  // Browsers leave it out over plain HTTP to other names than localhost.
  if (site !== undefined) return site === "same-origin";
  return headers.origin === undefined ? method === "GET" : isSameOrigin(headers.origin, headers.host);
}

/** Returns whether a request is addressed to a name of the panel: a foreign name may point here by DNS rebinding. */
export function isPanelHost(host: string | undefined, hosts: ReadonlySet<string>): boolean {
  if (host === undefined) return false;
  const [, name = "", port = ""] = /^(.*?)\.?(:\d{1,5})?$/.exec(host.toLowerCase()) ?? [];
  return hosts.has(name) || hosts.has(name + port);
}

function isJson(type: string | undefined): boolean {
  return type === undefined || /^application\/json(?:;|$)/i.test(type);
}

function isSameOrigin(origin: string, host = ""): boolean {
  try {
    return new URL(origin).host === host.toLowerCase();
  } catch {
    return false;
  }
}

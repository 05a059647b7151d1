import type { IncomingHttpHeaders } from "node:http";
import { NO_SECRET, SECRET_HEADER, SECRET_PENDING } from "@tailnet-share/contract/access";
import { AppError } from "@tailnet-share/contract/errors";
import type { FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { PanelSecret } from "./panel-secret.ts";

export interface AccessDependencies {
  secret: PanelSecret;
  /** Whether another container may have the backend's socket. Rejects while the engine can't be asked. */
  mayShareSocket(): Promise<boolean>;
  log: Pick<Logger, "warn">;
}

/**
 * Returns a hook that admits only requests with the panel's secret. Hosts other than Docker Desktop publish the socket on a TCP port of
 * every network interface, so a request may come from anybody in the neighbourhood, and from any website.
 */
export function createAccess({
  secret,
  mayShareSocket,
  log,
}: AccessDependencies): (request: Pick<FastifyRequest, "headers">) => Promise<void> {
  let isLogged = false;
  let asking: Promise<boolean> | null = null;
  /** All requests that come meanwhile wait for one answer, so that a crowd of strangers can't keep the engine busy. */
  function maySocketBeShared(): Promise<boolean> {
    asking ??= mayShareSocket()
      // Until the engine has answered, the socket counts as shared.
      .catch(() => true)
      .finally(() => {
        asking = null;
      });
    return asking;
  }

  return async ({ headers }) => {
    if (isFromWebsite(headers))
      throw new AppError(
        "NOT_ALLOWED",
        "The backend answers no website.",
        "Open the panel in the program that shows it, such as Docker Desktop, or by the link that 'panel-link' prints.",
      );
    const given = headers[SECRET_HEADER];
    if (typeof given === "string" && secret.matches(given)) return;
    const hasNone = given === NO_SECRET || given === SECRET_PENDING;
    if (!hasNone || (await maySocketBeShared()))
      throw new AppError(
        "SECRET_NEEDED",
        "The request doesn't carry the panel's secret.",
        "Close the panel's tab and open it again. If this persists, update the program that shows the panel.",
      );
    if (given === SECRET_PENDING || isLogged) return;
    isLogged = true;
    log.warn(
      { event: "access.no-secret" },
      "the panel's host can't read the panel's secret, so it is served without",
    );
  };
}

/** Headers that browsers add and pages can't remove; no panel host sends them. */
const BROWSER_HEADERS = /^(?:origin|referer|sec-fetch-.+)$/;

/**
 * Panel hosts call the socket by a name without a dot, or the published port on this computer. A name that an attacker's DNS server points
 * to this computer has a dot.
 */
const HOST = /^(?:[\w-]+|\[::1\]|127\.0\.0\.1)(?::\d{1,5})?$|^[\w-]+\.sock$/;

function isFromWebsite(headers: IncomingHttpHeaders): boolean {
  return !HOST.test(headers.host ?? "") || Object.keys(headers).some((name) => BROWSER_HEADERS.test(name));
}

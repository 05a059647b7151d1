import { AppError } from "@tailnet-share/contract/errors";
import { PANEL_HEADER, type Role, type You } from "@tailnet-share/contract/session";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { isFromPanel } from "./browser-request.ts";
import { IDLE_MS, type SessionProof, type Sessions } from "./sessions.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The signed-in user of a panel in a browser. */
    you?: You;
  }
}

const COOKIE = "tailnet-share";

/** Refuses what does not come from the panel's own page. `hosts`: the names that lead to the panel. */
export function fromPanelOnly(hosts: () => ReadonlySet<string>): (request: FastifyRequest) => Promise<void> {
  return async ({ method, headers }) => {
    if (!isFromPanel({ method, headers }, hosts()))
      throw new AppError(
        "NOT_ALLOWED",
        "This request doesn't come from the panel's own page.",
        "Open the panel by the link that panel-link prints.",
      );
    await Promise.resolve();
  };
}

/** Refuses a request without a session, or without the role that its route needs. */
export function signedInOnly(sessions: Sessions): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    const you = sessions.find(proofOf(request));
    if (you === null)
      throw new AppError(
        "SIGN_IN_NEEDED",
        "You are not signed in, or your session has ended.",
        "Run panel-link in the backend's container and open its link.",
      );
    request.you = you;
    if (!mayCall(you.role, request.routeOptions.config.role ?? "edit"))
      throw new AppError(
        "VIEW_ONLY",
        "You can look, but not change anything.",
        "Ask the owner of this node for the role 'edit'.",
      );
    await Promise.resolve();
  };
}

/** Logs who changed what. The route's parameters name the workload or machine; bodies, which may hold secrets, are left out. */
export function logChanges(
  log: Pick<Logger, "info">,
): (request: FastifyRequest, reply: Pick<FastifyReply, "statusCode">) => Promise<void> {
  return async ({ you, method, params, routeOptions }, { statusCode }) => {
    const isChange = routeOptions.config.role === "edit" && method !== "GET" && statusCode < 400;
    if (isChange && you !== undefined) {
      const what = { by: you.name, door: you.door, method, route: routeOptions.url, ...(params as object) };
      log.info({ event: "panel.changed", ...what }, "somebody changed something in a browser");
    }
    await Promise.resolve();
  };
}

export function proofOf({ headers }: Pick<FastifyRequest, "headers">): SessionProof {
  const key = headers[PANEL_HEADER];
  return { token: cookieIn(headers.cookie), key: typeof key === "string" ? key : "" };
}

/** `isSecure`: whether the page came over HTTPS. Browsers would not keep the cookie otherwise. */
export function cookieFor(token: string, isSecure: boolean): string {
  const lasts = token === "" ? 0 : IDLE_MS / 1_000;
  return `${COOKIE}=${token}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${lasts}${isSecure ? "; Secure" : ""}`;
}

function mayCall(role: Role, needed: Role): boolean {
  return role === "edit" || needed === "view";
}

function cookieIn(header = ""): string {
  const pairs = header.split(";").map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1) ?? "";
}

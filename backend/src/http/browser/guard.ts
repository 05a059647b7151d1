import { AppError } from "@tailnet-share/contract/errors";
import { PANEL_HEADER, type Role, type You } from "@tailnet-share/contract/session";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { isFromPanel, isPanelHost } from "./browser-request.ts";
import type { Door } from "./door.ts";
import { IDLE_MS, type SessionProof, type Sessions } from "./sessions.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The visitor, as identified by the door alone. */
    visitor?: You | null;
    /** The user of a panel in a browser: by a session, or by the door. */
    you?: You;
  }
}

const COOKIE = "tailnet-share";

/** Refuses everything under a name that does not lead to the panel, and everybody whom the door refuses. */
export function throughDoorOnly(door: Door): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    request.visitor = await door.visitor(request);
    if (!isPanelHost(door.hostOf(request), door.hosts()))
      throw new AppError(
        "NOT_ALLOWED",
        "The panel has another address.",
        "Open the panel by the link that panel-link prints, or by the address in its settings.",
      );
  };
}

/** Refuses what does not come from the panel's own page. */
export function fromPanelOnly(door: Door): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    const { method, headers } = request;
    const asSent = { ...headers, host: door.hostOf(request) };
    if (!isFromPanel({ method, headers: asSent }, door.hosts()))
      throw new AppError(
        "NOT_ALLOWED",
        "This request doesn't come from the panel's own page.",
        "Open the panel by the link that panel-link prints, or by the address in its settings.",
      );
    await Promise.resolve();
  };
}

/**
 * Returns who uses the panel: by the session, unless the door alone gives the same rights, because then it is known who it is. Null for
 * somebody who has to sign in.
 */
export function userOf(request: FastifyRequest, sessions: Pick<Sessions, "find">): You | null {
  const visitor = request.visitor ?? null;
  if (visitor?.role === "edit") return visitor;
  return sessions.find(proofOf(request)) ?? visitor;
}

/** Refuses a request without a user, or without the role that its route needs. */
export function signedInOnly(sessions: Sessions): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    const you = userOf(request, sessions);
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

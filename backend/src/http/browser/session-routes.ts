import { AppError } from "@tailnet-share/contract/errors";
import { SESSION_ROUTES, type SessionState, SignIn, type You } from "@tailnet-share/contract/session";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { Door } from "./door.ts";
import { cookieFor, proofOf, signedInOnly, userOf } from "./guard.ts";
import type { OneTimeCodes } from "./one-time-codes.ts";
import type { Sessions } from "./sessions.ts";
import type { WrongTries } from "./wrong-tries.ts";

export interface SessionRoutesDependencies {
  readonly door: Door;
  readonly sessions: Sessions;
  readonly codes: Pick<OneTimeCodes, "take">;
  readonly wrongTries: WrongTries;
  readonly log: Pick<Logger, "info" | "warn">;
}

/** A link is printed only for somebody who controls the engine. */
const BY_LINK: You = { name: "the one-time link", role: "edit", door: "link" };

/** Adds the routes for signing in and out. */
export function serveSessions(server: FastifyInstance, dependencies: SessionRoutesDependencies): void {
  const { door, sessions, codes, wrongTries, log } = dependencies;
  /** The tailnet knows its visitors without a session. */
  const signOut = async (request: FastifyRequest, reply: FastifyReply): Promise<SessionState> => {
    void reply.header("set-cookie", cookieFor("", door.isSecure(request)));
    return await Promise.resolve({ you: request.visitor ?? null });
  };

  server.route({
    ...routed(SESSION_ROUTES.read),
    handler: async (request): Promise<SessionState> =>
      await Promise.resolve({ you: userOf(request, sessions) }),
  });

  server.route({
    ...routed(SESSION_ROUTES.open),
    async handler(request, reply): Promise<SessionState> {
      const { code } = SignIn.parse(request.body);
      if (wrongTries.isOver())
        throw new AppError(
          "TOO_MANY_TRIES",
          "Too many wrong links were tried.",
          "Wait a minute and try again.",
        );
      if (!codes.take(code)) {
        wrongTries.note();
        log.warn({ event: "panel.refused" }, "somebody tried a one-time link that is wrong, used or old");
        throw new AppError(
          "CODE_REFUSED",
          "This link was used, has expired or is incomplete.",
          "Run panel-link again and open the new link.",
        );
      }
      const { token, key } = sessions.open(BY_LINK);
      const from = request.visitor?.name;
      log.info({ event: "panel.signed-in", by: BY_LINK.name, from }, "somebody signed in to the panel");
      void reply.header("set-cookie", cookieFor(token, door.isSecure(request)));
      return await Promise.resolve({ you: BY_LINK, key });
    },
  });

  server.route({
    ...routed(SESSION_ROUTES.close),
    async handler(request, reply) {
      sessions.end(proofOf(request));
      return await signOut(request, reply);
    },
  });

  server.route({
    ...routed(SESSION_ROUTES.closeAll),
    config: { role: "edit" },
    preHandler: signedInOnly(sessions),
    async handler(request, reply) {
      sessions.endAll();
      log.info({ event: "panel.signed-out", by: request.you?.name }, "everybody was signed out");
      return await signOut(request, reply);
    },
  });
}

function routed({ method, path }: (typeof SESSION_ROUTES)[keyof typeof SESSION_ROUTES]) {
  return { method, url: path };
}

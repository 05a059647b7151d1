import { API_PREFIX } from "@tailnet-share/contract/session";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { Secrets } from "../../lib/redaction/secrets.ts";
import { type Served, serve } from "../serve.ts";
import { createServer } from "../server.ts";
import { fromPanelOnly, logChanges, signedInOnly, throughDoorOnly } from "./guard.ts";
import { protectAnswers, servePage } from "./page-files.ts";
import { answerByPage } from "./refusal-page.ts";
import { type SessionRoutesDependencies, serveSessions } from "./session-routes.ts";
import { withoutLinksForViewers } from "./viewer-answers.ts";

export interface BrowserServerDependencies extends SessionRoutesDependencies {
  /** The routes of the contract, as on the socket. */
  readonly served: Served;
  /** The folder of the built panel. */
  readonly page: string;
  readonly secrets: Secrets;
  readonly log: Logger;
}

/**
 * The panel for browsers: its files, its sessions, and the contract's routes below `API_PREFIX` for who is signed in, by one way in. It does
 * not listen yet.
 */
export function createBrowserServer(dependencies: BrowserServerDependencies): FastifyInstance {
  const { served, page, door, sessions, secrets, log } = dependencies;
  const server = createServer(log, secrets, {
    unreadable: door.unreadable,
    page: answerByPage(door.stranger),
  });
  protectAnswers(server);
  server.addHook("onRequest", throughDoorOnly(door));
  servePage(server, page);
  void server.register((own, _options, done) => {
    own.addHook("onRequest", fromPanelOnly(door));
    serveSessions(own, dependencies);
    done();
  });
  void server.register(
    (api, _options, done) => {
      api.addHook("onRequest", fromPanelOnly(door));
      api.addHook("onRequest", signedInOnly(sessions));
      api.addHook("preSerialization", withoutLinksForViewers());
      api.addHook("onResponse", logChanges(log));
      serve(api, served);
      done();
    },
    { prefix: API_PREFIX },
  );
  return server;
}

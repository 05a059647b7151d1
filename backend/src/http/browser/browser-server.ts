import { AppError } from "@tailnet-share/contract/errors";
import { API_PREFIX } from "@tailnet-share/contract/session";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { Secrets } from "../../lib/redaction/secrets.ts";
import { type Served, serve } from "../serve.ts";
import { createServer } from "../server.ts";
import { isPanelHost } from "./browser-request.ts";
import { fromPanelOnly, logChanges, signedInOnly } from "./guard.ts";
import { protectAnswers, servePage } from "./page-files.ts";
import { type SessionRoutesDependencies, serveSessions } from "./session-routes.ts";
import { onlyFromHost } from "./way-in.ts";

export interface BrowserServerDependencies extends SessionRoutesDependencies {
  /** The routes of the contract, as on the socket. */
  readonly served: Served;
  /** The folder of the built panel. */
  readonly page: string;
  /** The names that lead to the panel, in lower case. */
  readonly hosts: () => ReadonlySet<string>;
  /** Addresses of the engine's host on the backend's own network, as far as they are known. */
  readonly hostAddresses: () => ReadonlySet<string>;
  readonly secrets: Secrets;
  readonly log: Logger;
}

/**
 * The panel for browsers: its files, its sessions, and the contract's routes below `API_PREFIX` for who is signed in. It does not listen
 * yet.
 */
export function createBrowserServer(dependencies: BrowserServerDependencies): FastifyInstance {
  const { served, page, hosts, hostAddresses, sessions, secrets, log } = dependencies;
  const server = createServer(log, secrets);
  server.server.on("connection", onlyFromHost(hostAddresses));
  protectAnswers(server);
  server.addHook("onRequest", async ({ headers }) => {
    if (!isPanelHost(headers.host, hosts()))
      throw new AppError(
        "NOT_ALLOWED",
        "The panel has another address.",
        "Open the panel by the link that panel-link prints.",
      );
    await Promise.resolve();
  });
  servePage(server, page);
  void server.register((own, _options, done) => {
    own.addHook("onRequest", fromPanelOnly(hosts));
    serveSessions(own, dependencies);
    done();
  });
  void server.register(
    (api, _options, done) => {
      api.addHook("onRequest", fromPanelOnly(hosts));
      api.addHook("onRequest", signedInOnly(sessions));
      api.addHook("onResponse", logChanges(log));
      serve(api, served);
      done();
    },
    { prefix: API_PREFIX },
  );
  return server;
}

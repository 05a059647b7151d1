import { LINK_ROUTE, type PanelLink } from "@tailnet-share/contract/session";
import type { FastifyInstance } from "fastify";
import type { OneTimeCodes } from "./one-time-codes.ts";

/** Makes links that sign one browser in. The code is in the fragment, which browsers send to no server. */
export type MakeLink = () => string;

export function createLinks(panel: URL, codes: Pick<OneTimeCodes, "make">): MakeLink {
  return () => {
    const link = new URL(panel);
    link.hash = codes.make();
    return link.href;
  };
}

/** Adds the route for `bin/panel-link` to the server on the socket. */
export function serveLinks(server: FastifyInstance, makeLink: MakeLink): void {
  server.route({
    method: LINK_ROUTE.method,
    url: LINK_ROUTE.path,
    handler: async (): Promise<PanelLink> => await Promise.resolve({ url: makeLink() }),
  });
}

import {
  type Answer,
  API,
  type Api,
  type Arguments,
  PARTS,
  partNames,
  type Route,
  type RouteName,
} from "@tailnet-share/contract/api";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";

/** What answers each route: it gets the route's parsed values, its parsed body and a signal that aborts when the client has gone. */
export type Served = {
  readonly [Name in RouteName]: (
    ...values: [...Required<Arguments<Api[Name]>>, gone: AbortSignal]
  ) => Promise<Answer<Api[Name]>> | Answer<Api[Name]>;
};

type Handler = (...values: unknown[]) => unknown;

const NoBody = z.union([z.undefined(), z.null(), z.strictObject({})]);

/** Adds every route of the contract. It parses, calls and answers; nothing else happens here. */
export function serve(server: FastifyInstance, served: Served): void {
  for (const [name, route] of Object.entries<Route>(API)) {
    // The types of the table and of `Served` agree; a loop over both can't say so.
    const handler = served[name as RouteName] as Handler;
    const valuesOf = parserOf(route);
    server.route({
      method: route.method,
      url: route.path.replace(/\?.*/, ""),
      ...(route.maxBodyBytes === undefined ? {} : { bodyLimit: route.maxBodyBytes }),
      handler: async (request, reply) => {
        const answer = await handler(...valuesOf(request), gone(reply));
        if (typeof route.answer === "string") void reply.type(route.answer);
        if (route.notOkStatus !== undefined && !isOk(answer)) void reply.code(route.notOkStatus);
        return await reply.send(answer);
      },
    });
  }
}

/** Reads a route's values, its body last. The reader throws `ZodError` when the request is not what the route takes. */
function parserOf({ path, body }: Route): (request: FastifyRequest) => unknown[] {
  const names = partNames(path);
  const schemaOf = (those: readonly (keyof typeof PARTS)[]) =>
    z.strictObject(Object.fromEntries(those.map((name) => [name, PARTS[name]])));
  const hasQuery = path.includes("?");
  const params = schemaOf(hasQuery ? names.slice(0, -1) : names);
  const query = hasQuery ? schemaOf(names.slice(-1)) : null;
  return (request) => {
    const values: Readonly<Record<string, unknown>> = {
      ...params.parse(request.params),
      ...query?.parse(request.query),
    };
    const parts = names.map((name) => values[name]);
    if (body !== undefined) return [...parts, body.parse(request.body ?? undefined)];
    NoBody.parse(request.body);
    return parts;
  };
}

function isOk(answer: unknown): boolean {
  return typeof answer === "object" && answer !== null && "ok" in answer && answer.ok === true;
}

/** Aborts when the answer is sent or the client has gone, so that nothing waits for a closed panel. */
function gone(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  // The answer's end, not the connection's: a kept connection carries many polls.
  reply.raw.once("close", () => controller.abort());
  return controller.signal;
}

import { finished } from "node:stream";
import {
  type Answer,
  API,
  type Api,
  type Arguments,
  PARTS,
  partNames,
  type Route,
  type RouteName,
  withoutQuery,
} from "@tailnet-share/contract/api";
import type { Role } from "@tailnet-share/contract/session";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { createMutex } from "../lib/timing.ts";

/** The handler of each route. Takes the route's parsed values, its parsed body and a signal that aborts when the client disconnects. */
export type Served = {
  readonly [Name in RouteName]: (
    ...values: [...Required<Arguments<Api[Name]>>, gone: AbortSignal]
  ) => Promise<Answer<Api[Name]>> | Answer<Api[Name]>;
};

declare module "fastify" {
  interface FastifyContextConfig {
    /** The role that a route needs where users have one. */
    role?: Role;
  }
}

type Handler = (...values: unknown[]) => unknown;

const NoBody = z.union([z.undefined(), z.null(), z.strictObject({})]);

/** Adds every route of the contract. Only parses, calls the handler and answers. */
export function serve(server: FastifyInstance, served: Served): void {
  const largeBodyTurn = createLargeBodyTurn();
  for (const [name, route] of Object.entries<Route>(API)) {
    // The types of the table and of `Served` agree, but TypeScript can't tell inside the loop.
    const handler = served[name as RouteName] as Handler;
    const valuesOf = parserOf(route);
    server.route({
      method: route.method,
      url: withoutQuery(route.path),
      ...(route.maxBodyBytes === undefined
        ? {}
        : { bodyLimit: route.maxBodyBytes, onRequest: largeBodyTurn }),
      config: { role: route.role ?? (route.method === "GET" ? "view" : "edit") },
      handler: async (request, reply) => {
        const answer = await handler(...valuesOf(request), gone(reply));
        if (typeof route.answer === "string") void reply.type(route.answer);
        if (route.notOkStatus !== undefined && !isOk(answer)) void reply.code(route.notOkStatus);
        return await reply.send(answer);
      },
    });
  }
}

/**
 * Returns a hook after which one request at a time sends its body: many large bodies at once would need several times their size in memory.
 * A turn ends when the body was read or the client disconnects, and with the server's `requestTimeout` at the latest.
 */
function createLargeBodyTurn(): (request: FastifyRequest) => Promise<void> {
  const inTurn = createMutex();
  return async ({ raw }) => {
    const read = new Promise<void>((resolve) => finished(raw, () => resolve()));
    await new Promise<void>((begin) => {
      void inTurn(async () => {
        begin();
        await read;
      });
    });
  };
}

/** Returns a reader for a route's values, body last. The reader throws `ZodError` when the request doesn't match the route. */
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

/** Returns a signal that aborts when the answer is sent or the client disconnects, so that nothing waits for a closed panel. */
function gone(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  // Use the response's end, not the connection's: a persistent connection carries many polls.
  reply.raw.once("close", () => controller.abort());
  return controller.signal;
}

import type { Health, Logs } from "@tailnet-share/contract/routes";
import type { FastifyInstance } from "fastify";
import { EXPOSITION_TYPE } from "../operations/exposition.ts";

/** How the backend is seen from outside: nothing of it changes anything. */
export interface Operations {
  logs(): Promise<Logs>;
  health(): Promise<Health>;
  /** In Prometheus' text format. */
  metrics(): Promise<string>;
}

export function addOperationsRoutes(server: FastifyInstance, operations: Operations): void {
  server.get("/logs", async () => await operations.logs());
  server.get("/health", async (_request, reply) => {
    const health = await operations.health();
    return await reply.code(health.ok ? 200 : 503).send(health);
  });
  server.get(
    "/metrics",
    async (_request, reply) => await reply.type(EXPOSITION_TYPE).send(await operations.metrics()),
  );
}

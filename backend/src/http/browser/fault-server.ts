import { AppError, type Fault } from "@tailnet-share/contract/errors";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { createSecrets } from "../../lib/redaction/secrets.ts";
import { createServer } from "../server.ts";
import { protectAnswers } from "./page-files.ts";
import { answerByPage } from "./refusal-page.ts";

/**
 * Creates a server for a backend that can't start: answers everything with the fault, in a browser as a page that tries again. It does not
 * listen yet. `fault` must hold no secret.
 */
export function createFaultServer({ code, message, hint }: Fault, log: Logger): FastifyInstance {
  const refusal = new AppError(code, message, hint);
  // The fault is in the log already; every request would repeat it.
  const silent = log.child({}, { level: "fatal" });
  const server = createServer(
    silent,
    createSecrets(() => []),
    {
      unreadable: refusal,
      page: answerByPage(async () => await Promise.resolve(null)),
    },
  );
  protectAnswers(server);
  server.addHook("onRequest", async () => await Promise.reject(refusal));
  return server;
}

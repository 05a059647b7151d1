import { send } from "@fastify/send";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/** Tells browsers to run nothing but the panel's own files, and to let no other page frame or read them. */
const PAGE_HEADERS = {
  // Emotion, which MUI styles with, adds style elements.
  "content-security-policy":
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

export function protectAnswer(reply: FastifyReply): void {
  void reply.headers({ ...PAGE_HEADERS, "cache-control": "no-store" });
}

/** Every answer, also that of a route or an error, gets these. */
export function protectAnswers(server: FastifyInstance): void {
  server.addHook("onRequest", async (_request, reply) => {
    protectAnswer(reply);
    await Promise.resolve();
  });
}

/** The build puts files below `assets` whose names contain a digest of their content. */
function hasDigest(path: string): boolean {
  return /^\/assets\/[^/]+-[\w-]{8}\.\w+$/.test(path);
}

/** Serves the built panel. Browsers keep only files whose names change with their content. */
export function servePage(server: FastifyInstance, folder: string): void {
  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const [path = "/"] = request.url.split("?");
    const { statusCode, headers, stream } = await send(request.raw, path, {
      root: folder,
      index: "index.html",
      dotfiles: "deny",
      cacheControl: false,
    });
    if (statusCode >= 400) {
      stream.destroy();
      reply.callNotFound();
      return reply;
    }
    if (hasDigest(path)) void reply.header("cache-control", "public, max-age=31536000, immutable");
    return await reply.code(statusCode).headers(headers).send(stream);
  }
  server.get("/", answer);
  server.get("/*", answer);
}

import { replaceLogInLinks } from "@tailnet-share/contract/log-in-links";
import type { FastifyReply, FastifyRequest } from "fastify";

type Hook = (request: FastifyRequest, reply: FastifyReply, answer: unknown) => Promise<unknown>;

/** Takes the login links out of answers to the role 'view': by the node's link, a viewer could become its owner. */
export function withoutLinksForViewers(): Hook {
  /** All waiting viewers receive the same snapshot, whose text the serializer caches by identity. */
  const made = new WeakMap<object, object>();
  return async ({ you }, _reply, answer) => {
    await Promise.resolve();
    if (you?.role === "edit" || typeof answer !== "object" || answer === null) return answer;
    const without = made.get(answer) ?? replaceLogInLinks(answer, null);
    made.set(answer, without);
    return without;
  };
}

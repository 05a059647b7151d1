import { z } from "zod";
import type { AnyBed } from "../src/bed.ts";
import { type Conversation, converse } from "./conversation.ts";

/** `docker events --format '{{json .}}'`: nanoseconds since the epoch, more than a number holds exactly, less than matters here. */
const Event = z.object({ Action: z.string(), timeNano: z.number() });

/** Follows these of a container's events. */
export function followEvents(
  { engine }: AnyBed,
  containerId: string,
  actions: readonly string[],
): Conversation {
  const filters = [`container=${containerId}`, ...actions.map((action) => `event=${action}`)];
  return converse(engine, [
    "events",
    ...filters.flatMap((filter) => ["--filter", filter]),
    "--format",
    "{{json .}}",
  ]);
}

/** When the next event was, by the engine's clock. Milliseconds since the epoch. */
export async function eventTime(events: Conversation): Promise<number> {
  return Event.parse(JSON.parse((await events.next(10_000)).text)).timeNano / 1e6;
}

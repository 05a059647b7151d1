import { z } from "zod";
import type { AnyBed } from "../../src/bed.ts";
import { type Conversation, converse } from "../interactive-process.ts";

/** `docker events --format '{{json .}}'`. Nanoseconds since the epoch exceed a number's precision, but the error is irrelevant here. */
const Event = z.object({ Action: z.string(), timeNano: z.number() });

/** Follows these events of a container. */
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

/** The next event's time by the engine's clock, in milliseconds since the epoch. */
export async function eventTime(events: Conversation): Promise<number> {
  return Event.parse(JSON.parse((await events.next(10_000)).text)).timeNano / 1e6;
}

import { API } from "@tailnet-share/contract/api";
import { type Client, createClient as clientOf, type Request } from "@tailnet-share/contract/client";
import { LONG_POLL_MS } from "@tailnet-share/contract/limits";
import { Snapshot } from "@tailnet-share/contract/snapshot";
import { FIRST_CALL } from "../host/first-call.ts";
import type { Host } from "../host/host.ts";
import { badAnswer } from "../host/problem.ts";
import { SnapshotByRow } from "./read-snapshot.ts";

const CHANGE_MS = 20_000;
/** Covers the probe of each silent port and two machines that act as clients. */
const CHECK_MS = 45_000;
/** The bridge and the backend each need a moment beyond the long poll. */
const POLL_MS = LONG_POLL_MS + 10_000;

/** Exposes the contract's routes as functions. Each of them rejects with a `Problem`. */
export function createClient(host: Host): Client {
  return clientOf(async (route, request) => {
    const answer = await host.call({ ...request, limitMs: limitOf(request) });
    // Only metrics answer with text, and the panel never requests them.
    if (typeof route.answer === "string") return answer;
    const schema = route.answer === Snapshot ? SnapshotByRow : route.answer;
    const parsed = schema.safeParse(answer);
    if (!parsed.success) throw badAnswer(parsed.error);
    return parsed.data;
  });
}

function limitOf({ method, path }: Request): number {
  if (method === FIRST_CALL.method && path === FIRST_CALL.path) return FIRST_CALL.limitMs;
  // A workload in a path contains no slash.
  if (path.endsWith("/check")) return CHECK_MS;
  return path.startsWith(LONG_POLL_PATH) ? POLL_MS : CHANGE_MS;
}

const LONG_POLL_PATH = API.snapshot.path.replace(/\?.*/, "?");

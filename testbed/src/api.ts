import { type Client, createClient } from "@tailnet-share/contract/client";
import { ErrorBody, type Fault } from "@tailnet-share/contract/errors";
import type { NodeState } from "@tailnet-share/contract/node";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import type { BackendRequest, Page } from "./desktop/page.ts";
import { waitFor } from "./lib/wait-for.ts";

/** A refusal by the backend; `fault` holds its answer. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly fault: Fault | null,
    body: string,
  ) {
    super(`the backend answered ${status}: ${fault?.message ?? body.slice(0, 500)}`);
    this.name = "ApiError";
  }
}

/** The backend's typed API. Every call rejects with `ApiError` when the answer is not 2xx. */
export interface Api extends Client {
  /** Sends any request and returns the parsed body. */
  raw(request: BackendRequest): Promise<unknown>;
  /** Follows snapshots until `probe` returns a result. Rejects at the deadline with the last snapshot's node state. */
  waitFor<T>(
    what: string,
    probe: (snapshot: Snapshot) => T | undefined | null | false,
    timeoutMs?: number,
  ): Promise<T>;
  /** Waits until the node is connected, and returns it. */
  connected(timeoutMs?: number): Promise<ConnectedNode>;
}

type ConnectedNode = Extract<NodeState, { state: "connected" }>;

function parseFault(body: string): Fault | null {
  try {
    return ErrorBody.parse(JSON.parse(body)).error;
  } catch {
    return null;
  }
}

export function createApi(page: Page): Api {
  async function raw(request: BackendRequest): Promise<unknown> {
    const { status, body } = await page.request(request);
    if (status < 200 || status > 299) throw new ApiError(status, parseFault(body), body);
    return JSON.parse(body);
  }
  const client = createClient(async (route, { method, path, body }) => {
    const answer = await raw({ method, url: path, ...(body === undefined ? {} : { data: body }) });
    return typeof route.answer === "string" ? answer : route.answer.parse(answer);
  });

  const api: Api = {
    ...client,
    raw,
    connected: async (timeoutMs = 60_000) =>
      await api.waitFor(
        "the node to be connected",
        ({ node }) => (node.state === "connected" ? node : null),
        timeoutMs,
      ),
    async waitFor(what, probe, timeoutMs = 30_000) {
      let last: Snapshot | undefined;
      return waitFor(
        async () => {
          last = await client.snapshot();
          return probe(last);
        },
        { what, timeoutMs },
      ).catch((error: unknown) => {
        const lastSnapshot =
          last === undefined
            ? "no snapshot"
            : JSON.stringify({ ...last, settings: undefined }).slice(0, 3_000);
        throw new Error(
          `${error instanceof Error ? error.message : String(error)}; last seen: ${lastSnapshot}`,
          {
            cause: error,
          },
        );
      });
    },
  };
  return api;
}

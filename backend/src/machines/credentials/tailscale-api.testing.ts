import { AppError } from "@tailnet-share/contract/errors";
import { expect } from "vitest";
import {
  DOCUMENTED,
  DOCUMENTED_CLIENT,
  DOCUMENTED_KEY,
  DOCUMENTED_TOKEN,
  type DocumentedExchange,
} from "../../../../testbed/src/tailnet/tailscale-api/documented.ts";
import { createFakeClock } from "../../testing.ts";
import { createTailscaleApi } from "./tailscale-api.ts";

/* A client with a fake `fetch` that answers as documented, for the tests beside it. */

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}

export type Reply = Pick<DocumentedExchange["answer"], "status" | "body"> & {
  headers?: Readonly<Record<string, string>>;
};
export type Answering = (sent: Sent, signal: AbortSignal) => Reply | Promise<Response>;

const { token, createKey, deleteKey, listDevices, deleteDevice } = DOCUMENTED;
const ANSWERS: readonly DocumentedExchange[] = [token, createKey, deleteKey, listDevices, deleteDevice];

/** The documented answer to a request. */
function documented({ method, path }: Sent): Reply {
  const found = ANSWERS.find(({ request }) => request.method === method && request.path === path);
  return found?.answer ?? { status: 404, body: "" };
}

export function setUp(
  answering: Answering = documented,
  clientSecret: string = DOCUMENTED_CLIENT.clientSecret,
) {
  const clock = createFakeClock();
  const sent: Sent[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const { pathname, search } = new URL(request.url);
    const { method, headers } = request;
    const call = { method, headers, path: pathname + search, body: await request.text() };
    sent.push(call);
    const reply = await answering(call, init?.signal ?? new AbortController().signal);
    if (reply instanceof Response) return reply;
    return new Response(reply.body, { status: reply.status, headers: reply.headers ?? {} });
  };
  const api = createTailscaleApi({
    baseUrl: "https://api.example/",
    ...DOCUMENTED_CLIENT,
    clientSecret,
    clock,
    fetch,
  });
  return { api, clock, sent, paths: () => sent.map(({ method, path }) => `${method} ${path}`) };
}

/** Gives these answers in order, and then the documented ones. */
export function first(...replies: readonly Reply[]): Answering {
  const left = [...replies];
  return (sent) => left.shift() ?? documented(sent);
}

/** Every text that an error could expose. */
function everythingIn(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const fault = error instanceof AppError ? JSON.stringify(error.fault) : "";
  return [error.message, error.stack, fault, everythingIn(error.cause ?? "")].join("\n");
}

/** Returns the error, after checking that it contains no secret. */
export async function failure(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    () => new Error("did not fail"),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AppError);
  for (const secret of [DOCUMENTED_CLIENT.clientSecret, DOCUMENTED_TOKEN, DOCUMENTED_KEY])
    expect(everythingIn(error)).not.toContain(secret);
  return error as AppError;
}

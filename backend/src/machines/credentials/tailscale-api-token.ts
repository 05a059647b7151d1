import { z } from "zod";
import type { Clock } from "../../lib/clock.ts";
import { clientRefused } from "./tailscale-api-errors.ts";
import { type Answer, type Exchange, isOk, parse, reasonOf } from "./tailscale-api-exchange.ts";

/** Calls with the access token of an OAuth client. Rejects with `AppError("CREDENTIAL_REFUSED")` if Tailscale gives or takes none. */
export type AuthorizedCall = (
  method: "GET" | "POST" | "DELETE",
  path: string,
  json?: unknown,
) => Promise<Answer>;

export interface AuthorizedCallOptions {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly exchange: Exchange;
  readonly clock: Clock;
}

interface Token {
  readonly value: string;
  /** By the monotonic clock. Milliseconds. */
  readonly until: number;
}

/** Renew early: a token that expires in transit would cost a refusal and a second request. */
const RENEW_BEFORE_MS = 60_000;

/** No spaces or line breaks: they could break the header, and the resulting error would quote it. */
export const Secret = z.string().regex(/^[\x21-\x7e]+$/);
const TokenAnswer = z.object({ access_token: Secret, expires_in: z.number().positive().default(3_600) });

export function createAuthorizedCall(options: AuthorizedCallOptions): AuthorizedCall {
  const { clientSecret, exchange, clock } = options;
  let token: Token | null = null;
  let fetching: Promise<Token> | null = null;

  /** The token in use. Concurrent callers that need a new one share one request. */
  async function currentToken(): Promise<string> {
    if (token !== null && clock.monotonic() < token.until) return token.value;
    fetching ??= requestToken(options).finally(() => {
      fetching = null;
    });
    token = await fetching;
    return token.value;
  }

  return async (method, path, json) => {
    const send = async (bearer: string): Promise<Answer> =>
      await exchange(path, {
        method,
        headers: {
          authorization: `Bearer ${bearer}`,
          accept: "application/json",
          ...(json === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      });
    const bearer = await currentToken();
    const answer = await send(bearer);
    if (answer.status !== 401) return answer;
    // The token may have ended early, e.g. because the client was changed. Another call may have renewed it meanwhile.
    if (token?.value === bearer) token = null;
    const again = await send(await currentToken());
    if (again.status === 401) throw clientRefused(reasonOf(again, clientSecret));
    return again;
  };
}

async function requestToken({
  clientId,
  clientSecret,
  exchange,
  clock,
}: AuthorizedCallOptions): Promise<Token> {
  const asked = clock.monotonic();
  const form = { client_id: clientId, client_secret: clientSecret, grant_type: "client_credentials" };
  const answer = await exchange("/api/v2/oauth/token", { method: "POST", body: new URLSearchParams(form) });
  if (!isOk(answer)) throw clientRefused(reasonOf(answer, clientSecret));
  const { access_token, expires_in } = parse(TokenAnswer, answer);
  const life = expires_in * 1_000;
  return { value: access_token, until: asked + life - Math.min(RENEW_BEFORE_MS, life / 2) };
}

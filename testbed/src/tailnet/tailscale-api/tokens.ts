import { randomBytes } from "node:crypto";
import { type ApiRequest, Refusal, readTokenRequest } from "./checks.ts";
import type { ApiAnswer, OAuthClient } from "./protocol.ts";

const TOKEN_SECONDS = 3_600;

type Scope = "auth_keys" | "devices:core" | "devices:core:read";

/** OAuth access tokens. Their permissions follow their client. */
export interface Tokens {
  /** Answers a client that asks for a token. */
  issue(request: ApiRequest): ApiAnswer;
  /** Returns the client whose token came with the request. The client must have the scope. */
  authorize(request: ApiRequest, scope: Scope): OAuthClient;
}

/** `now`: milliseconds since the epoch. */
export function createTokens(clients: () => readonly OAuthClient[], now: () => number): Tokens {
  const tokens = new Map<string, { readonly clientId: string; readonly until: number }>();

  return {
    issue(request) {
      const { clientId, clientSecret } = readTokenRequest(request);
      const client = clients().find((candidate) => candidate.clientSecret === clientSecret);
      // Tailscale itself only checks the secret (`feature/oauthkey/oauthkey.go`). This check catches a product that mixes up IDs.
      if (client?.clientId !== clientId) throw new Refusal(401, "API token invalid");
      const access_token = `tskey-api-${clientId}-${randomBytes(16).toString("hex")}`;
      tokens.set(access_token, { clientId, until: now() + TOKEN_SECONDS * 1_000 });
      const body = { access_token, token_type: "Bearer", expires_in: TOKEN_SECONDS };
      return { status: 200, body: { ...body, scope: client.scopes.join(" "), tags: client.tags.join(" ") } };
    },
    authorize({ headers }, scope) {
      const bearer = /^Bearer ([\x21-\x7e]+)$/.exec(headers.authorization ?? "")?.[1] ?? "";
      const token = tokens.get(bearer);
      const client = clients().find(({ clientId }) => clientId === token?.clientId);
      if (client === undefined || token === undefined || now() >= token.until)
        throw new Refusal(401, "API token invalid");
      const allowing = scope.endsWith(":read")
        ? [scope, scope.replace(/:read$/, ""), "all", "all:read"]
        : [scope, "all"];
      if (!client.scopes.some((scope) => allowing.includes(scope)))
        throw new Refusal(403, "calling actor does not have enough permissions to perform this function");
      return client;
    },
  };
}

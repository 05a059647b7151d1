/* Shared by the stand-in and the code that starts it. Must suit Node's type stripping, because it runs uncompiled. */

/** An OAuth client of the tailnet, as an admin creates one. */
export interface OAuthClient {
  readonly clientId: string;
  /** Starts with `tskey-client-`. */
  readonly clientSecret: string;
  /** `auth_keys`, `devices:core`, `devices:core:read`, `all`, `all:read`. */
  readonly scopes: readonly string[];
  readonly tags: readonly string[];
}

export interface ApiSettings {
  readonly clients: readonly OAuthClient[];
  /** From the policy file: a tag without an entry does not exist. */
  readonly tagOwners: Readonly<Record<string, readonly string[]>>;
}

/** The stand-in reads this from `config.json` in its own folder. */
export interface ServerConfig extends ApiSettings {
  readonly headscale: { readonly url: string; readonly apiKey: string };
  /** The tailnet's MagicDNS domain. */
  readonly domain: string;
}

/** Replaces the answer to the next `times` requests whose path starts with `path`. */
export interface Disturbance {
  readonly times: number;
  /** Defaults to all paths. */
  readonly path?: string;
  /** A status; `hang`: no answer ever; `cut`: the connection breaks in the middle of the answer. */
  readonly answer: number | "hang" | "cut";
  /** The header `Retry-After`. */
  readonly retryAfter?: string;
}

export interface LoggedRequest {
  readonly method: string;
  /** Includes the query. */
  readonly path: string;
  /** The answer's status; null until answered. */
  readonly status: number | null;
  /** A JSON body. For a form, only the field names, because one value is the secret. */
  readonly body: unknown;
  /** The reason for a refusal; null when the request was accepted. */
  readonly refusal: string | null;
}

export const API_PORT = 8080;
/** The port where tests read the log and inject disturbances. Tailscale has no counterpart, so it is not on the API's port. */
export const ADMIN_PORT = 8081;

/** Without `body`, the answer's body is empty. */
export interface ApiAnswer {
  readonly status: number;
  readonly body?: unknown;
}

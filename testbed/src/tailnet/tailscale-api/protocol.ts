/* What the stand-in and those who start it agree on. Only what Node's type stripping takes: it runs as it stands. */

/** An OAuth client of the tailnet, as an admin makes one. */
export interface OAuthClient {
  readonly clientId: string;
  /** Begins with `tskey-client-`. */
  readonly clientSecret: string;
  /** `auth_keys`, `devices:core`, `devices:core:read`, `all`, `all:read`. */
  readonly scopes: readonly string[];
  readonly tags: readonly string[];
}

export interface ApiSettings {
  readonly clients: readonly OAuthClient[];
  /** The policy file's: a tag that is not in it does not exist. */
  readonly tagOwners: Readonly<Record<string, readonly string[]>>;
}

/** The stand-in's own folder has this as `config.json`. */
export interface ServerConfig extends ApiSettings {
  readonly headscale: { readonly url: string; readonly apiKey: string };
  /** The tailnet's MagicDNS domain. */
  readonly domain: string;
}

/** What happens to the next `times` requests whose path begins with `path`, in place of an answer. */
export interface Disturbance {
  readonly times: number;
  /** All of them unless told. */
  readonly path?: string;
  /** A status; `hang`: no answer ever; `cut`: the connection breaks in the middle of the answer. */
  readonly answer: number | "hang" | "cut";
  /** The header `Retry-After`. */
  readonly retryAfter?: string;
}

export interface LoggedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** Null while there is no answer. */
  readonly status: number | null;
  /** A JSON body; of a form only the names of its fields, because one of them is the secret. */
  readonly body: unknown;
  /** Why it was refused; null when it was not. */
  readonly refusal: string | null;
}

export const API_PORT = 8080;
/** Where tests look at the log and disturb; Tailscale has nothing like it, so it is not on the API's port. */
export const DESK_PORT = 8081;

import { AppError } from "@tailnet-share/contract/errors";
import { z } from "zod";
import type { Clock } from "../../lib/clock.ts";
import { redact } from "../../lib/redaction/redact.ts";
import { limited } from "../../lib/timing.ts";

/**
 * The part of Tailscale's API that machines need, used with an OAuth client's credential. Every method rejects with
 * `AppError("CREDENTIAL_REFUSED")` when Tailscale refuses, `AppError("CREDENTIAL_LIMITED")` when it was asked too often, and
 * `AppError("CREDENTIAL_UNREACHABLE")` when it does not answer. No error contains the secret, a token or a key.
 *
 * Sources: https://tailscale.com/api (its text as Markdown: `publicapi/tailnet.md` and `publicapi/device.md` of tailscale/tailscale at
 * 874972b), https://tailscale.com/docs/features/oauth-clients, https://tailscale.com/docs/reference/trust-credentials, and Tailscale's own
 * client, tailscale/tailscale-client-go-v2.
 */
export interface TailscaleApi {
  /** Makes a key and deletes it: proves the secret, the scope `auth_keys` and that the client may give its devices the tags. */
  tryOut(): Promise<void>;
  /** Creates a pre-approved, tagged key for one device, valid for five minutes. The description appears in the admin console. */
  createAuthKey(description: string): Promise<string>;
  /**
   * Needs the scope `devices:core`. Returns false if the credential's tailnet has no such device, because it is already gone or belongs to
   * another tailnet. The credential could delete any device of its tailnet.
   */
  deleteDevice(deviceId: string): Promise<boolean>;
  /**
   * Needs `devices:core:read`. Returns the first labels of the MagicDNS names of the tailnet's devices, in lower case. Devices that are
   * shared in from another tailnet keep that tailnet's domain, so they take no name here.
   */
  deviceNames(): Promise<string[]>;
}

export interface TailscaleApiOptions {
  /** `https://api.tailscale.com`, or a substitute in tests. */
  readonly baseUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly tags: readonly string[];
  readonly clock: Clock;
  readonly fetch?: typeof globalThis.fetch;
}

/** The page where OAuth clients are made and changed. The previous address, `…/settings/oauth`, redirects to it. */
const CREDENTIALS_PAGE = "https://login.tailscale.com/admin/settings/trust-credentials";
const TIMEOUT_MS = 10_000;
/** The limit of Tailscale's own client: `maxReadSize` in `client/tailscale/tailscale.go`. */
const MAX_ANSWER_BYTES = 10 * 1024 * 1024;
const KEY_SECONDS = 300;
/** Renew early: a token that expires in transit would cost a refusal and a second request. */
const RENEW_BEFORE_MS = 60_000;
/** Rate limits are not documented (tailscale/tailscale#14328). Bounds and default as in `control/controlclient/direct.go`. */
const WAIT_UNKNOWN_MS = 10_000;
const WAIT_MOST_MS = 60 * 60_000;

/** No spaces or line breaks: they could break the header, and the resulting error would quote it. */
const Secret = z.string().regex(/^[\x21-\x7e]+$/);
const TokenAnswer = z.object({ access_token: Secret, expires_in: z.number().positive().default(3_600) });
const KeyAnswer = z.object({ id: z.string().min(1), key: Secret });
const DevicesAnswer = z.object({
  devices: z.array(z.object({ name: z.string(), isExternal: z.boolean().optional() })),
});
const ErrorAnswer = z.object({ message: z.string().min(1) });

interface Answer {
  readonly status: number;
  readonly body: string;
}

interface Token {
  readonly value: string;
  /** By the monotonic clock. Milliseconds. */
  readonly until: number;
}

export function createTailscaleApi(options: TailscaleApiOptions): TailscaleApi {
  const { clientId, clientSecret, tags, clock, fetch = globalThis.fetch } = options;
  const base = options.baseUrl.replace(/\/+$/, "");
  let token: Token | null = null;
  let fetching: Promise<Token> | null = null;
  let limitedUntil = Number.NEGATIVE_INFINITY;

  /** Sends one request. Resolves with any decision of Tailscale's; rejects if there was none. */
  async function exchange(path: string, init: RequestInit): Promise<Answer> {
    const wait = limitedUntil - clock.monotonic();
    if (wait > 0) throw limitedFor(wait);
    const send = async (signal: AbortSignal): Promise<Answer> => {
      try {
        // A redirect would carry the secret to wherever it points.
        const response = await fetch(base + path, { ...init, redirect: "error", signal });
        return decisionOf(response, await readBounded(response));
      } catch (error) {
        if (error instanceof AppError) throw error;
        throw unreachable(signal.aborted ? "no answer within 10 seconds" : codeOf(error));
      }
    };
    return await limited(send, TIMEOUT_MS, { clock });
  }

  function decisionOf({ status, headers }: Response, body: string): Answer {
    if (status === 429) {
      const pause = pauseOf(headers.get("retry-after"), clock.now());
      limitedUntil = clock.monotonic() + pause;
      throw limitedFor(pause);
    }
    // 501 is documented for a device of another tailnet: a decision, not an outage.
    if (status >= 500 && status !== 501) throw unreachable(`status ${status}`);
    return { status, body };
  }

  async function requestToken(): Promise<Token> {
    const asked = clock.monotonic();
    const form = { client_id: clientId, client_secret: clientSecret, grant_type: "client_credentials" };
    const answer = await exchange("/api/v2/oauth/token", { method: "POST", body: new URLSearchParams(form) });
    if (!isOk(answer)) throw notTaken(answer);
    const { access_token, expires_in } = parse(TokenAnswer, answer);
    const life = expires_in * 1_000;
    return { value: access_token, until: asked + life - Math.min(RENEW_BEFORE_MS, life / 2) };
  }

  /** The token in use. Concurrent callers that need a new one share one request. */
  async function currentToken(): Promise<string> {
    if (token !== null && clock.monotonic() < token.until) return token.value;
    fetching ??= requestToken().finally(() => {
      fetching = null;
    });
    token = await fetching;
    return token.value;
  }

  async function call(method: "GET" | "POST" | "DELETE", path: string, json?: unknown): Promise<Answer> {
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
    if (again.status === 401) throw notTaken(again);
    return again;
  }

  async function createKey(description: string): Promise<{ id: string; key: string }> {
    const create = { reusable: false, ephemeral: false, preauthorized: true, tags };
    const answer = await call("POST", "/api/v2/tailnet/-/keys", {
      capabilities: { devices: { create } },
      expirySeconds: KEY_SECONDS,
      description: allowedDescription(description),
    });
    if (isOk(answer)) return parse(KeyAnswer, answer);
    const reason = reasonOf(answer);
    if (answer.status === 403 && !/\btags?\b/i.test(reason))
      throw scopeMissing("Auth Keys", "auth_keys", reason);
    throw refused(
      `Tailscale makes no key for ${tags.join(", ")}: ${reason}`,
      `The tags must be exactly those of the OAuth client, or be owned by one of them in the policy file's tagOwners. The client's tags are at ${CREDENTIALS_PAGE}.`,
    );
  }

  /** Tailscale's explanation, made fit to display. */
  function reasonOf({ status, body }: Answer): string {
    let said = `it answers with status ${status}.`;
    try {
      said = ErrorAnswer.parse(JSON.parse(body)).message;
    } catch {
      // The body is a proxy's page, or empty.
    }
    return redact(said, [clientSecret]).replaceAll(/\s+/g, " ").slice(0, 200);
  }

  function notTaken(answer: Answer): AppError {
    return refused(
      `Tailscale does not take this OAuth client: ${reasonOf(answer)}`,
      `Compare client ID and secret with ${CREDENTIALS_PAGE}. A secret is shown only once and ends when its client is revoked: make a new client then.`,
    );
  }

  function scopeMissing(scope: string, id: string, reason: string): AppError {
    return refused(
      `The OAuth client may not do this: ${reason}`,
      `Give it the scope ${scope}: Write (${id}) with the tags ${tags.join(", ")} at ${CREDENTIALS_PAGE}.`,
    );
  }

  return {
    async tryOut() {
      const { id } = await createKey("Tailnet Share tries this out");
      // Creating it was proof enough. A key that remains was given to nobody and expires in five minutes.
      await call("DELETE", `/api/v2/tailnet/-/keys/${encodeURIComponent(id)}`).catch(() => undefined);
    },
    async createAuthKey(description) {
      return (await createKey(description)).key;
    },
    async deleteDevice(deviceId) {
      const answer = await call("DELETE", `/api/v2/device/${encodeURIComponent(deviceId)}`);
      if (isOk(answer)) return true;
      if (answer.status === 404) return false;
      const reason = reasonOf(answer);
      if (answer.status === 403) throw scopeMissing("Devices Core", "devices:core", reason);
      throw refused(`Tailscale does not delete the device: ${reason}`, "Remove it in the admin console.");
    },
    async deviceNames() {
      const answer = await call("GET", "/api/v2/tailnet/-/devices");
      if (!isOk(answer)) throw scopeMissing("Devices Core", "devices:core", reasonOf(answer));
      return parse(DevicesAnswer, answer)
        .devices.filter(({ isExternal }) => isExternal !== true)
        .map(({ name }) => name.replace(/\..*$/s, "").toLowerCase());
    },
  };
}

/** At most 50 letters, digits, dashes and spaces: `publicapi/tailnet.md`, 'Create auth key'. */
function allowedDescription(text: string): string {
  return text.replaceAll(/[^a-zA-Z0-9 -]/g, "-").slice(0, 50);
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw unreachable(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function isOk({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

function parse<T>(schema: z.ZodType<T>, answer: Answer): T {
  try {
    return schema.parse(JSON.parse(answer.body));
  } catch {
    // No cause: a parser's message quotes its input, which may be a key.
    throw unreachable("its answer is not understood");
  }
}

/** Milliseconds to wait: seconds or a date, RFC 9110, section 10.2.3. */
function pauseOf(retryAfter: string | null, now: number): number {
  const text = retryAfter ?? "";
  const wait = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return wait > 0 ? Math.min(wait, WAIT_MOST_MS) : WAIT_UNKNOWN_MS;
}

/** `ECONNREFUSED` and the like; never a message, which may quote a header. */
function codeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ("code" in at && typeof at.code === "string") return at.code;
  }
  return error instanceof Error ? error.name : "unknown";
}

function refused(message: string, hint: string): AppError {
  return new AppError("CREDENTIAL_REFUSED", /[.!?]$/.test(message) ? message : `${message}.`, hint);
}

function limitedFor(wait: number): AppError {
  const seconds = Math.ceil(wait / 1_000);
  const when = seconds < 120 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
  return new AppError(
    "CREDENTIAL_LIMITED",
    "Tailscale API rate limit reached.",
    `It answers again in ${when}. Try again then.`,
  );
}

function unreachable(detail: string): AppError {
  return new AppError(
    "CREDENTIAL_UNREACHABLE",
    `Tailscale's API could not be reached: ${detail}.`,
    "Check your internet connection and try again.",
  );
}

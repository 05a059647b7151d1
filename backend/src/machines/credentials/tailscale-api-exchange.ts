import { AppError } from "@tailnet-share/contract/errors";
import { z } from "zod";
import type { Clock } from "../../lib/clock.ts";
import { redact } from "../../lib/redaction/redact.ts";
import { limited } from "../../lib/timing.ts";
import { limitedFor, unreachable } from "./tailscale-api-errors.ts";

/** A decision of Tailscale's. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Sends one request. Resolves with any decision of Tailscale's; rejects if there was none. No error contains the secret. */
export type Exchange = (path: string, init: RequestInit) => Promise<Answer>;

export interface ExchangeOptions {
  /** `https://api.tailscale.com`, or a substitute in tests. */
  readonly baseUrl: string;
  readonly clock: Clock;
  readonly fetch?: typeof globalThis.fetch;
}

const TIMEOUT_MS = 10_000;
/** The limit of Tailscale's own client: `maxReadSize` in `client/tailscale/tailscale.go`. */
const MAX_ANSWER_BYTES = 10 * 1024 * 1024;
/** Rate limits are not documented (tailscale/tailscale#14328). Bounds and default as in `control/controlclient/direct.go`. */
const WAIT_UNKNOWN_MS = 10_000;
const WAIT_MOST_MS = 60 * 60_000;

const ErrorAnswer = z.object({ message: z.string().min(1) });

export function createExchange({ baseUrl, clock, fetch = globalThis.fetch }: ExchangeOptions): Exchange {
  const base = baseUrl.replace(/\/+$/, "");
  let limitedUntil = Number.NEGATIVE_INFINITY;

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

  return async (path, init) => {
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
  };
}

export function isOk({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

export function parse<T>(schema: z.ZodType<T>, answer: Answer): T {
  try {
    return schema.parse(JSON.parse(answer.body));
  } catch {
    // No cause: a parser's message quotes its input, which may be a key.
    throw unreachable("its answer is not understood");
  }
}

/** Tailscale's explanation, made fit to display. */
export function reasonOf({ status, body }: Answer, secret: string): string {
  let said = `it answers with status ${status}.`;
  try {
    said = ErrorAnswer.parse(JSON.parse(body)).message;
  } catch {
    // The body is a proxy's page, or empty.
  }
  return redact(said, [secret]).replaceAll(/\s+/g, " ").slice(0, 200);
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

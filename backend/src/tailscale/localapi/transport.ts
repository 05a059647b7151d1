import { AppError } from "@tailnet-share/contract/errors";
import { z } from "zod";
import { createUnixHttp, type HttpAnswer, type HttpRequest, type UnixHttp } from "../../lib/net/unix-http.ts";

/** The Host header that tailscaled expects. */
export const HOST = "local-tailscaled.sock";
/** A machine's socket lies in its own directory. A link there could point to another tailscaled, so links are not followed. */
export const PLAIN = { plain: true } as const;

/** Requests to a LocalAPI. They reject as `LocalApi` says. */
export interface LocalApiTransport {
  readonly http: UnixHttp;
  /** Takes the path below `/localapi/v0/`. `allowed`: statuses from 400 on that are no refusal. */
  call(request: HttpRequest, allowed?: readonly number[]): Promise<HttpAnswer>;
  read<T>(schema: z.ZodType<T>, path: string, signal?: AbortSignal): Promise<T>;
  post(path: string, json?: unknown, signal?: AbortSignal): Promise<void>;
}

export function createLocalApiTransport(socketPath: string): LocalApiTransport {
  const http = createUnixHttp(socketPath, HOST, PLAIN);

  async function call(options: HttpRequest, allowed: readonly number[] = []): Promise<HttpAnswer> {
    const answer = await http
      .send({ ...options, path: `/localapi/v0/${options.path}` })
      .catch((cause: unknown) => {
        throw down(cause);
      });
    if (answer.status >= 400 && !allowed.includes(answer.status)) throw refused(options.path, answer);
    return answer;
  }

  async function read<T>(schema: z.ZodType<T>, path: string, signal?: AbortSignal): Promise<T> {
    const answer = await call({ method: "GET", path, ...(signal ? { signal } : {}) });
    return schema.parse(JSON.parse(answer.body));
  }

  async function post(path: string, json?: unknown, signal?: AbortSignal): Promise<void> {
    await call({
      ...{ method: "POST", path },
      ...(json === undefined ? {} : { json }),
      ...(signal ? { signal } : {}),
    });
  }

  return { http, call, read, post };
}

export function down(cause: unknown): AppError {
  return new AppError("TAILSCALED_DOWN", "tailscaled does not answer.", "Tailnet Share restarts it.", {
    cause,
  });
}

/**
 * Returns whether a call failed because no tailscaled runs there: its socket is missing, or nobody listens on it. After any other failure,
 * one may run.
 */
export function isNotRunning(error: unknown): boolean {
  if (!(error instanceof AppError) || error.code !== "TAILSCALED_DOWN") return false;
  const { code } = (error.cause ?? {}) as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ECONNREFUSED";
}

/** Error bodies are `{"Error"}`, `{"error"}` or plain text, depending on the route. */
function refused(path: string, answer: HttpAnswer): AppError {
  let reason = answer.body.trim();
  try {
    const parsed = z
      .object({ Error: z.string().optional(), error: z.string().optional() })
      .parse(JSON.parse(answer.body));
    reason = parsed.Error ?? parsed.error ?? reason;
  } catch {
    // Plain text.
  }
  return new AppError("TAILSCALED_REFUSED", `tailscaled refused: ${reason.slice(0, 300)}`, "Try again.", {
    cause: new Error(`${path.split("?")[0]}: ${answer.status}`),
  });
}

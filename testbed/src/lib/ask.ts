import { type IncomingHttpHeaders, request } from "node:http";

export interface AskOptions {
  readonly method?: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Timeout for the whole answer in milliseconds; defaults to 35 s. */
  readonly timeoutMs?: number;
}

export interface AskResult {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

/**
 * Performs one HTTP exchange on its own connection. Avoids `fetch`: Node 20's never settles when the connection closes right
 * after opening, as the engine's port proxy does while the container behind it is not listening yet.
 */
export function ask(url: string, options: AskOptions = {}): Promise<AskResult> {
  const { method = "GET", headers = {}, body, timeoutMs = 35_000 } = options;
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const outgoing = request(url, { method, headers, agent: false, signal }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", reject);
      incoming.on("end", () => {
        const { statusCode = 0, headers: answered } = incoming;
        resolve({ status: statusCode, body: Buffer.concat(chunks).toString(), headers: answered });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

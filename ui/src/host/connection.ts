import {
  ERRORS_INSIDE_HEADER,
  NO_SECRET,
  SECRET_HEADER,
  SECRET_PENDING,
} from "@tailnet-share/contract/access";
import type { DesktopClient } from "./desktop-client.ts";
import type { Call, Host } from "./host.ts";
import { readPanelSecret } from "./panel-secret.ts";
import { noHost } from "./problem.ts";

/** The way to the backend. */
export interface Connection {
  /** Sends a call with the panel's secret. Resolves with the answer as the bridge delivers it, see `bridge-answers`. */
  send(call: Pick<Call, "method" | "path" | "body">): Promise<unknown>;
}

const REMEMBERED = "tailnet-share.panel-secret";

/**
 * Remembers the secret, because reading it first would add half to the time until the list is drawn. Reads it again when the backend
 * refuses it: each start of the backend has another one. Meanwhile it sends calls as `SECRET_PENDING`, and repeats the refused ones. The
 * backend refuses before it does anything, so no call takes effect twice.
 */
export function createConnection(
  client: DesktopClient | undefined,
  { recall, remember, clock }: Pick<Host, "recall" | "remember" | "clock">,
): Connection {
  let secret = recall(REMEMBERED);
  let reading: Promise<string> | null = null;

  /** All calls that need it wait for one reading. */
  function read(): Promise<string> {
    reading ??= readPanelSecret(client, clock).then((found) => {
      reading = null;
      if (found === NO_SECRET) return found;
      remember(REMEMBERED, found);
      secret = found;
      return found;
    });
    return reading;
  }

  return {
    async send(call) {
      const request = client?.extension?.vm?.service?.request;
      if (request === undefined) throw noHost();
      const sendWith = async (value: string) => await request(requestOf(call, value));
      const tried = secret;
      if (tried !== null) {
        const first = await unlessRefused(sendWith(tried));
        if (first !== null) return first.answer;
        if (secret === tried) secret = null;
      }
      // Another call may have read the new secret in the meantime.
      if (secret !== null) return await sendWith(secret);
      const found = read();
      const early = await unlessRefused(sendWith(SECRET_PENDING));
      // A reading also fails while the backend starts, so its failure counts only when the backend answers.
      const known = found.then((value) => {
        secret ??= value;
        return value;
      });
      return early === null ? await sendWith(await known) : early.answer;
    },
  };
}

/** Returns null when the backend refuses the secret. */
async function unlessRefused(sent: Promise<unknown>): Promise<{ readonly answer: unknown } | null> {
  try {
    const answer = await sent;
    return isRefused(answer) ? null : { answer };
  } catch (reason) {
    if (isRefused(reason)) return null;
    throw reason;
  }
}

/**
 * The body is a text, because Rancher Desktop's bridge takes no other. Podman Desktop's encodes it once more, which the backend
 * understands.
 */
function requestOf({ method, path, body }: Pick<Call, "method" | "path" | "body">, secret: string) {
  const hasBody = method !== "GET" && method !== "DELETE";
  return {
    url: path,
    method,
    headers: {
      [SECRET_HEADER]: secret,
      [ERRORS_INSIDE_HEADER]: "1",
      ...(hasBody ? { "content-type": "application/json" } : {}),
    },
    data: hasBody ? JSON.stringify(body ?? {}) : undefined,
  };
}

/** Whether an answer or a rejection, in any of the bridges' forms, says that the secret is not the backend's. */
function isRefused(answer: unknown): boolean {
  if (typeof answer === "string") return answer.length < 2_000 && answer.includes("SECRET_NEEDED");
  if (typeof answer !== "object" || answer === null) return false;
  const { error, data, message } = answer as {
    error?: { code?: unknown };
    data?: unknown;
    message?: unknown;
  };
  return error?.code === "SECRET_NEEDED" || isRefused(data) || isRefused(message);
}

import { ErrorBody } from "@tailnet-share/contract/errors";
import { badAnswer, Problem, unreachable } from "./problem.ts";
import type { HostWords } from "./words.ts";

/**
 * Normalizes how hosts deliver HTTP answers; no other module knows about this. Depending on its release, Docker Desktop's bridge
 * returns the body, the body under `data`, or the body as text. It reports a non-2xx answer as a rejection whose `message`
 * holds the body, as a rejection without the body, or as an ordinary answer.
 */
export function unwrap(answer: unknown): unknown {
  const body = peel(answer);
  const fault = faultIn(body);
  if (fault) throw fault;
  return body;
}

/** Converts a rejected call, also one that was answered with an HTTP status and a body, to a problem. */
export function toProblem(reason: unknown, words: HostWords): Problem {
  if (reason instanceof Problem) return reason;
  for (const body of possibleBodies(reason)) {
    const fault = faultIn(peel(body));
    if (fault) return fault;
  }
  const status = statusOf(reason);
  if (status !== null && status >= 400 && status < 500) return refusedWithoutBody(status, reason);
  return unreachable(words, reason);
}

function peel(answer: unknown): unknown {
  if (typeof answer === "string") return fromText(answer);
  if (isObject(answer) && "data" in answer) return peel(answer.data);
  return answer;
}

function fromText(text: string): unknown {
  // Hosts prefix the body with words: 'HTTP 409: {"error":…}'.
  const start = text.indexOf("{");
  if (start < 0) return text;
  try {
    return JSON.parse(text.slice(start, text.lastIndexOf("}") + 1)) as unknown;
  } catch {
    return text;
  }
}

function faultIn(body: unknown): Problem | null {
  const parsed = ErrorBody.safeParse(body);
  if (parsed.success) return Problem.fromFault(parsed.data.error);
  // An error with a code unknown to this panel is still an error, never an answer.
  if (isObject(body) && isObject(body.error) && typeof body.error.message === "string") {
    return new Problem("INTERNAL", body.error.message, String(body.error.hint ?? ""));
  }
  return null;
}

function possibleBodies(reason: unknown): unknown[] {
  if (!isObject(reason)) return [reason];
  const response = isObject(reason.response) ? reason.response.data : undefined;
  return [reason, response, reason.body, reason.message];
}

function statusOf(reason: unknown): number | null {
  if (!isObject(reason)) return null;
  const status = reason.statusCode ?? reason.status;
  return typeof status === "number" ? status : null;
}

function refusedWithoutBody(status: number, cause: unknown): Problem {
  if (status === 404) return badAnswer(cause);
  return new Problem(
    "BAD_REQUEST",
    "The backend refused this, and its reason didn't arrive.",
    "Open the details of the container, or try again.",
    { cause },
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

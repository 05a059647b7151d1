import type { LinkCode } from "@tailnet-share/contract/error-codes";
import type { ErrorCode, Fault } from "@tailnet-share/contract/errors";
import type { HostWords } from "./words.ts";

export type ProblemCode = ErrorCode | LinkCode;

/** A failed call, in words for the user. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly hint: string;

  constructor(code: ProblemCode, message: string, hint: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "Problem";
    this.code = code;
    this.hint = hint;
  }

  static fromFault(fault: Fault): Problem {
    return new Problem(fault.code, fault.message, fault.hint);
  }
}

export function noHost(): Problem {
  return new Problem(
    "NO_HOST",
    "This page runs outside Docker Desktop, so it cannot reach the extension's backend.",
    "Open Tailnet Share from Docker Desktop's sidebar.",
  );
}

export function unreachable({ restart }: HostWords, cause?: unknown): Problem {
  return new Problem(
    "BACKEND_UNREACHABLE",
    "Can't reach the backend of Tailnet Share.",
    `It may still be starting after an update. If this persists, ${restart}.`,
    { cause },
  );
}

export function silent({ restart }: HostWords): Problem {
  return new Problem(
    "BACKEND_SILENT",
    "The backend didn't respond in time.",
    `Try again. If this persists, ${restart}.`,
  );
}

export function badAnswer(cause?: unknown): Problem {
  return new Problem(
    "BAD_ANSWER",
    "The panel and the backend are different versions.",
    "Close this tab and open it again. If this persists, update Tailnet Share.",
    { cause },
  );
}

/** Takes everything but a `Problem` for an answer that cannot be used. */
export function asProblem(reason: unknown): Problem {
  return reason instanceof Problem ? reason : badAnswer(reason);
}

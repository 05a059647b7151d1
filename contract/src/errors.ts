import { z } from "zod";
import { ERROR_STATUS } from "./error-codes.ts";

/** Codes are stable: panels, scripts and the documentation refer to them. */
export const ErrorCode = z.enum(
  Object.keys(ERROR_STATUS) as [keyof typeof ERROR_STATUS, ...(keyof typeof ERROR_STATUS)[]],
);
export type ErrorCode = z.infer<typeof ErrorCode>;

/** A fault: one sentence for the problem, and one for the next step. Both are shown to users unchanged. */
export const Fault = z.object({
  code: ErrorCode,
  message: z.string().min(1),
  hint: z.string(),
  /** A command for a terminal that ends the hint, for a panel to copy. */
  command: z.string().min(1).optional(),
});
export type Fault = z.infer<typeof Fault>;

/** The body of every answer that is not a 2xx. */
export const ErrorBody = z.object({ error: Fault });
export type ErrorBody = z.infer<typeof ErrorBody>;

/** An expected failure: carries a stable code and a next step; the cause stays in the logs. */
export class AppError extends Error {
  readonly fault: Fault;

  constructor(code: ErrorCode, message: string, hint = "", options?: { cause?: unknown }) {
    super(message, options);
    this.name = "AppError";
    this.fault = { code, message, hint };
  }

  get code(): ErrorCode {
    return this.fault.code;
  }
}

/** Ends a switch over a union: the compiler refuses a missing case, and a value from outside still throws. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}

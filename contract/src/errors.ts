import { z } from "zod";

/**
 * Every code a user can meet, in an HTTP answer or in the snapshot. Codes are stable: panels, scripts and the
 * documentation's troubleshooting table refer to them.
 */
export const ErrorCode = z.enum([
  // The request itself
  "BAD_REQUEST",
  "BODY_TOO_LARGE",
  "UNKNOWN_ROUTE",
  "UNKNOWN_WORKLOAD",
  "UNKNOWN_ACCOUNT",
  "INTERNAL",
  // Choosing what to share
  "NO_PORTS_KNOWN",
  "NODE_PORT_TAKEN",
  "NOT_SHAREABLE",
  // A machine of its own
  "NOT_A_MACHINE",
  "NAME_TAKEN",
  "TAILSCALED_PRESENT",
  "MACHINE_FAILED",
  "MACHINE_NOT_REMOVED",
  "IMAGE_UNAVAILABLE",
  "CREDENTIAL_REFUSED",
  "CREDENTIAL_LIMITED",
  "CREDENTIAL_UNREACHABLE",
  "HTTPS_NOT_READY",
  "FUNNEL_NOT_READY",
  "CERTIFICATE_LIMITED",
  // The path to the container
  "NO_NETWORK",
  "NETWORK_UNREACHABLE",
  "EGRESS_MOVED",
  "NETWORK_FULL",
  "NETWORK_NOT_JOINABLE",
  "NO_ADDRESS",
  "NO_IPV4",
  "NETWORK_OVERLAPS",
  "UDP_NEEDS_TUN",
  "DATAPLANE_FAILED",
  "CONTAINER_NOT_RUNNING",
  "NOT_LISTENING",
  "NO_ANSWER",
  "HOST_REFUSED",
  // The engine
  "ENGINE_UNREACHABLE",
  "ENGINE_REFUSED",
  // The tailnet
  "TAILSCALED_DOWN",
  "TAILSCALED_REFUSED",
  "NODE_OFFLINE",
  "TAILNET_LOCKED_OUT",
  "FLOW_LOGS_REQUIRED",
  "AUTH_KEY_REFUSED",
  "CONTROL_UNREACHABLE",
  "CONTROL_NAME_UNKNOWN",
  "CONTROL_CERTIFICATE",
  "NOT_A_CONTROL_SERVER",
  "NETWORK_CUT_OFF",
  "LOGIN_LIMITED",
  "DEVICE_LIMIT",
  "LOGIN_FAILED",
  "TAILNET_HEALTH",
  "TAILNET_UNREACHABLE",
  "ACL_DENIES",
  // The store
  "STORE_DAMAGED",
  "STORE_UNWRITABLE",
  "BACKUP_UNREADABLE",
  "IDENTITY_IN_USE",
  "NO_TUN",
]);
export type ErrorCode = z.infer<typeof ErrorCode>;

/** What went wrong, in a sentence, and what to do next, in another. Both are shown to people as they stand. */
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

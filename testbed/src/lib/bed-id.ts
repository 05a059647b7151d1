import { randomBytes } from "node:crypto";

/** Label with the bed's ID on everything that a bed creates. Clean-up relies on it exclusively. */
export const BED_LABEL = "tailnet-share.bed";

/** `<pid in base 36>x<random>`, so that the ID identifies the process that owns the bed. */
export function newBedId(): string {
  return `${process.pid.toString(36)}x${randomBytes(2).toString("hex")}`;
}

/** Returns true when the process that created the bed has ended, so that its leftovers can be removed. */
export function isAbandoned(bedId: string): boolean {
  // An 'x' is also a digit in base 36, but never occurs in the random part.
  const [, digits] = /^([0-9a-z]+)x[0-9a-f]{4}$/.exec(bedId) ?? [];
  const pid = digits === undefined ? 0 : Number.parseInt(digits, 36);
  if (pid === 0) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // Another user's process may not be signalled, but it is alive.
    return !(error instanceof Error && "code" in error && error.code === "EPERM");
  }
}

/** Flags for docker commands that create something. */
export function labelFlags(bedId: string): readonly string[] {
  return ["--label", `${BED_LABEL}=${bedId}`];
}

/**
 * Flags for the bed's own infrastructure. Marks it as an extension's container, so that a panel under test offers only the
 * samples.
 */
export function machineryFlags(bedId: string): readonly string[] {
  return [...labelFlags(bedId), "--label", "com.docker.desktop.extension=true"];
}

/** Restarts infrastructure after an engine restart, which some tests cause. */
export const RESTARTS = ["--restart", "unless-stopped"] as const;

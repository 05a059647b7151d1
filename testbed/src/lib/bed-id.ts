import { randomBytes } from "node:crypto";

/** Everything the bed makes carries this label with its bed's id; clean-up goes by it and nothing else. */
export const BED_LABEL = "tailnet-share.bed";

/** `<pid in base 36>x<random>`: the process that owns a bed can be told from its id. */
export function newBedId(): string {
  return `${process.pid.toString(36)}x${randomBytes(2).toString("hex")}`;
}

/** True when the process that made the bed has ended: what is left of it is rubbish. */
export function isAbandoned(bedId: string): boolean {
  // The last one: 'x' is a digit in base 36 as well, but not among the random ones.
  const pid = Number.parseInt(bedId.slice(0, bedId.lastIndexOf("x")), 36);
  if (!Number.isInteger(pid) || pid <= 0) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // Somebody else's process may not be signalled, but it lives.
    return !(error instanceof Error && "code" in error && error.code === "EPERM");
  }
}

/** Flags for docker commands that make something. */
export function labelFlags(bedId: string): readonly string[] {
  return ["--label", `${BED_LABEL}=${bedId}`];
}

/**
 * The same for what belongs to the bed's own machinery. Marked as an extension's container, so that a panel under test
 * offers the samples only.
 */
export function machineryFlags(bedId: string): readonly string[] {
  return [...labelFlags(bedId), "--label", "com.docker.desktop.extension=true"];
}

/** Machinery is back by itself after the engine's restart, which some tests cause. */
export const RESTARTS = ["--restart", "unless-stopped"] as const;

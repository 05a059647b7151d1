import { AppError } from "@tailnet-share/contract/errors";
import { ENTRY_EXIT } from "./container.ts";

/** Explains why our own program in a machine's namespace ended, from its exit code and its last output. */
export function entryFault(exitCode: number, output: string): AppError {
  if (exitCode === ENTRY_EXIT.present) {
    return new AppError(
      "TAILSCALED_PRESENT",
      "Tailscale already runs in this container's network; two instances conflict.",
      "Share it on this node instead.",
    );
  }
  return new AppError(
    "MACHINE_FAILED",
    `The machine ended right after its start (exit code ${exitCode}).`,
    "Retrying automatically. If this persists, share the container on this node instead.",
    { cause: new Error(output.slice(-500)) },
  );
}

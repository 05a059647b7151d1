/** The header with the panel's secret. The backend answers no request without it. */
export const SECRET_HEADER = "x-tailnet-share-secret";

/**
 * Sent instead of the secret by a panel whose host can't run the program that prints it. The backend accepts it only where no other
 * container has its socket, because a container that has it may publish it.
 */
export const NO_SECRET = "none";

/** Sent by a panel that is still reading the secret. Accepted where `NO_SECRET` is, so that the panel need not wait there. */
export const SECRET_PENDING = "pending";

/** Prints the secret. It has to run in the backend's container, so only somebody who controls the engine can read it. */
export const SECRET_COMMAND = ["/usr/local/bin/node", "/app/panel-secret.mjs"] as const;

/**
 * A request with this header gets its error with the status 200, as `ErrorBody`. Some panel hosts pass on no body with any other status.
 */
export const ERRORS_INSIDE_HEADER = "x-tailnet-share-errors-inside";

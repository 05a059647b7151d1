/** The parts of sentences that depend on what the panel runs in. */
export interface HostWords {
  /** Completes 'If this persists, …'. */
  readonly restart: string;
  /** A sentence: where else the logs are. */
  readonly logs: string;
  /** A sentence: how to install another release. */
  readonly update: string;
}

export const DESKTOP_WORDS: HostWords = {
  restart: "restart Docker Desktop",
  logs: "Docker Desktop shows them too, as the logs of the extension's container.",
  update: "Run docker extension update with the new version's image.",
};

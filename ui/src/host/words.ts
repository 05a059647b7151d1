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
  restart: "restart the program that shows this panel, such as Docker Desktop",
  logs: "They are also the logs of the extension's container.",
  update:
    "Run docker extension update with the new version's image, or update it in the program that shows this panel.",
};

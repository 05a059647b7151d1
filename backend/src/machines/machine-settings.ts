/** The settings that all machines share. */
export interface MachineSettings {
  /** Whether machines can log in without a person. */
  hasCredential: boolean;
  /** Tag of tailscale's image; empty for the bundled one. */
  tag: string;
}

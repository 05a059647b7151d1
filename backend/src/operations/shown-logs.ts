import type { Logs } from "@tailnet-share/contract/routes";
import type { Clock } from "../lib/clock.ts";
import { redact, withoutNames } from "../lib/redact.ts";
import { withFaultTexts } from "../lib/secrets.ts";

export interface ShownLogsDependencies {
  backendLines: () => readonly string[];
  tailscaledLines: () => readonly string[];
  /** Secrets that are stored here. */
  secrets: () => readonly string[];
  /** Names of the devices of the tailnet, the node's own among them. */
  deviceNames: () => Promise<string[]>;
  /** The node's own name; null while it has none. */
  ownName: () => string | null;
  clock: Clock;
}

/** How long the names of devices are waited for. Milliseconds. */
const NAMES_MS = 1_000;

/** The last lines as they may be shown to others: without secrets, addresses, users, and names of other devices that are known. */
export interface ShownLogs {
  logs(): Promise<Logs>;
  /** The same for lines from elsewhere. */
  shown(lines: readonly string[]): Promise<string[]>;
  /** The same for the faults in a value. */
  shownFaults(value: unknown): Promise<unknown>;
}

export function createShownLogs(dependencies: ShownLogsDependencies): ShownLogs {
  const { backendLines, tailscaledLines, secrets, deviceNames, ownName, clock } = dependencies;
  /** A device that has left is still in the lines. */
  const everSeen = new Set<string>();

  async function otherNames(): Promise<string[]> {
    const answered = new AbortController();
    const late = clock.sleep(NAMES_MS, answered.signal).then(
      () => [],
      () => [],
    );
    for (const name of await Promise.race([deviceNames().catch(() => []), late])) everSeen.add(name);
    answered.abort();
    // The longest first: one name may be the beginning of another.
    return [...everSeen].filter((name) => name !== ownName()).sort((a, b) => b.length - a.length);
  }

  async function shown(lines: readonly string[]): Promise<string[]> {
    const names = await otherNames();
    const known = secrets();
    return lines.map((line) => withoutNames(redact(line, known), names));
  }

  return {
    shown,
    async shownFaults(value) {
      const [names, known] = [await otherNames(), secrets()];
      return withFaultTexts(value, (text) => withoutNames(redact(text, known), names));
    },
    async logs() {
      const [backend, tailscaled] = await Promise.all([shown(backendLines()), shown(tailscaledLines())]);
      return { backend, tailscaled };
    },
  };
}

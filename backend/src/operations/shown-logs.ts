import type { Logs } from "@tailnet-share/contract/operations";
import type { Clock } from "../lib/clock.ts";
import { valueInTime } from "../lib/in-time.ts";
import { createNameVeil, redact } from "../lib/redact.ts";
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

/** Devices that left the tailnet are remembered up to this number; the oldest go first. */
const MOST_REMEMBERED = 20_000;

/** Hides secrets, addresses, users and other devices' names; the names are asked for once, when it is made. */
export interface Veil {
  lines(lines: readonly string[]): string[];
  /** The faults in a value. */
  faults(value: unknown): unknown;
  /** The last lines of backend and tailscaled. */
  logs(): Logs;
}

/** The last lines as they may be shown to others: without secrets, addresses, users, and names of other devices that are known. */
export interface ShownLogs {
  veil(): Promise<Veil>;
  logs(): Promise<Logs>;
}

export function createShownLogs(dependencies: ShownLogsDependencies): ShownLogs {
  const { backendLines, tailscaledLines, secrets, deviceNames, ownName, clock } = dependencies;
  /** A device that has left is still in the lines. */
  const everSeen = new Set<string>();

  async function otherNames(): Promise<ReadonlySet<string>> {
    for (const name of (await valueInTime(deviceNames(), NAMES_MS, clock)) ?? []) {
      everSeen.delete(name);
      everSeen.add(name);
    }
    for (const name of everSeen) {
      if (everSeen.size <= MOST_REMEMBERED) break;
      everSeen.delete(name);
    }
    const others = new Set(everSeen);
    others.delete(ownName() ?? "");
    return others;
  }

  async function veil(): Promise<Veil> {
    const withoutNames = createNameVeil(await otherNames());
    const known = secrets();
    const shown = (text: string) => withoutNames(redact(text, known));
    const lines = (all: readonly string[]) => all.map(shown);
    return {
      lines,
      faults: (value) => withFaultTexts(value, shown),
      logs: () => ({ backend: lines(backendLines()), tailscaled: lines(tailscaledLines()) }),
    };
  }

  return { veil, logs: async () => (await veil()).logs() };
}

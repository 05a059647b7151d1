import type { Logs } from "@tailnet-share/contract/operations";
import type { Clock } from "../../lib/clock.ts";
import { createNameVeil, redact } from "../../lib/redaction/redact.ts";
import { withFaultTexts } from "../../lib/redaction/secrets.ts";
import { within } from "../../lib/timing.ts";

export interface ShownLogsDependencies {
  backendLines: () => readonly string[];
  tailscaledLines: () => readonly string[];
  /** Secrets stored in the backend. */
  secrets: () => readonly string[];
  /** Names of all tailnet devices, including the node's own. */
  deviceNames: () => Promise<string[]>;
  /** The node's own name; null while it has none. */
  ownName: () => string | null;
  clock: Clock;
}

/** How long to wait for device names. Milliseconds. */
const NAMES_MS = 1_000;

/** Maximum number of former tailnet devices to remember; drops the oldest first. */
const MOST_REMEMBERED = 20_000;

/** Redacts secrets, addresses, users and other devices' names. It reads the names once, when it is created. */
export interface Veil {
  lines(lines: readonly string[]): string[];
  /** Redacts the faults in a value. */
  faults(value: unknown): unknown;
  /** Returns the last lines of the backend and tailscaled. */
  logs(): Logs;
}

/** The last lines, safe to share: without secrets, addresses, users, and known names of other devices. */
export interface ShownLogs {
  veil(): Promise<Veil>;
  logs(): Promise<Logs>;
}

export function createShownLogs(dependencies: ShownLogsDependencies): ShownLogs {
  const { backendLines, tailscaledLines, secrets, deviceNames, ownName, clock } = dependencies;
  /** Includes devices that have left: older lines still name them. */
  const everSeen = new Set<string>();

  async function otherNames(): Promise<ReadonlySet<string>> {
    const known = deviceNames().catch(() => []);
    for (const name of await within(known, NAMES_MS, { clock, otherwise: [] })) {
      everSeen.delete(name);
      everSeen.add(name);
    }
    for (const name of everSeen) {
      if (everSeen.size <= MOST_REMEMBERED) break;
      everSeen.delete(name);
    }
    const withoutOwn = new Set(everSeen);
    withoutOwn.delete(ownName() ?? "");
    return withoutOwn;
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

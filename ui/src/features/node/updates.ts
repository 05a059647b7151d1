import type { Update } from "@tailnet-share/contract/node";
import type { HostWords } from "../../host/words.ts";

export const DISMISSED_KEY = "tailnet-share.dismissed-updates";
/** Limits the stored list, because old notices are useless. */
const AT_MOST = 20;

export interface UpdateWords {
  /** Identifies the notice. A dismissed notice reappears when a vulnerability becomes known later. */
  readonly key: string;
  readonly security: boolean;
  readonly message: string;
  readonly hint: string;
}

export function updateWords(
  { part, running, latest, security, bulletin }: Update,
  { update }: HostWords,
): UpdateWords {
  const newer = latest === "" ? "A newer release" : `Tailscale ${latest}`;
  const vulnerability = bulletin === "" ? "a known vulnerability" : bulletin;
  const { which, current, hint } = WORDS[part];
  return {
    key: [part, latest || `after ${running}`, ...(security ? ["security"] : [])].join(" "),
    security,
    message: security
      ? `Security update: ${which} Tailscale ${running} is affected by ${vulnerability}, fixed in ${latest || "a newer release"}.`
      : `${newer} is available. ${current} is ${running}.`,
    hint: hint ?? `${update} Your shares are kept.`,
  };
}

const WORDS: Record<
  Update["part"],
  {
    readonly which: string;
    readonly current: string /** Null: how the product is updated. */;
    readonly hint: string | null;
  }
> = {
  tailscale: {
    which: "the bundled",
    current: "The bundled version",
    hint: null,
  },
  machines: {
    which: "your machines'",
    current: "The version for machines",
    hint: "Choose a newer version in Settings, or leave the field empty for the bundled one.",
  },
};

/** Returns the notices that the user has not dismissed, the urgent ones first. */
export function openUpdates(
  updates: readonly Update[],
  dismissed: readonly string[],
  words: HostWords,
): UpdateWords[] {
  return updates
    .map((update) => updateWords(update, words))
    .filter(({ key }) => !dismissed.includes(key))
    .sort((a, b) => Number(b.security) - Number(a.security));
}

/** Reads the dismissed keys. Ignores malformed data. */
export function parseDismissed(stored: string | null): readonly string[] {
  try {
    const value: unknown = JSON.parse(stored ?? "[]");
    return Array.isArray(value) ? value.filter((key) => typeof key === "string") : [];
  } catch {
    return [];
  }
}

export function dismiss(dismissed: readonly string[], key: string): readonly string[] {
  return [...dismissed.filter((other) => other !== key), key].slice(-AT_MOST);
}

import type { Update } from "@tailnet-share/contract/node";

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

export function updateWords({ part, running, latest, security, bulletin }: Update): UpdateWords {
  const newer = latest === "" ? "A newer release" : `Tailscale ${latest}`;
  const fault = bulletin === "" ? "a known security fault" : `a known security fault (${bulletin})`;
  const { which, hint } = WORDS[part];
  return {
    key: [part, latest || `after ${running}`, ...(security ? ["security"] : [])].join(" "),
    security,
    message: security
      ? `Tailscale ${running}, ${which}, has ${fault}. ${newer} fixes it.`
      : `${newer} is out. This extension comes with ${latest === "" ? "Tailscale " : ""}${running}.`,
    hint,
  };
}

const WORDS: Record<Update["part"], { readonly which: string; readonly hint: string }> = {
  tailscale: {
    which: "which comes with this extension",
    hint: "Update Tailnet Share in Docker Desktop, under Extensions, as soon as it is offered there. Your shares stay.",
  },
  machines: {
    which: "which is chosen for machines",
    hint: "Choose a newer version in the settings, or leave that field empty for the one of this extension.",
  },
};

/** Returns the notices that the user has not dismissed, the urgent ones first. */
export function openUpdates(updates: readonly Update[], dismissed: readonly string[]): UpdateWords[] {
  return updates
    .map(updateWords)
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

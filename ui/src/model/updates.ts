import { assertNever } from "@tailnet-share/contract/errors";
import type { Update } from "@tailnet-share/contract/model";

export const DISMISSED_KEY = "tailnet-share.dismissed-updates";
/** Past notices are of no use to anybody. */
const AT_MOST = 20;

export interface UpdateWords {
  /** What is told, and is told only once when it was dismissed: a fault that becomes known later is told again. */
  readonly key: string;
  readonly security: boolean;
  readonly message: string;
  readonly hint: string;
}

export function updateWords({ part, running, latest, security }: Update): UpdateWords {
  const name = nameOf(part);
  const newer = latest === "" ? "A newer release" : `${name} ${latest}`;
  return {
    key: [part, latest || `after ${running}`, ...(security ? ["security"] : [])].join(" "),
    security,
    message: security
      ? `${name} ${running}, which comes with this extension, has a known security fault. ${newer} mends it.`
      : `${newer} is out. This extension comes with ${latest === "" ? `${name} ` : ""}${running}.`,
    hint: "Update Tailnet Share in Docker Desktop, under Extensions, as soon as it is offered there. Your shares stay.",
  };
}

/** Those that nobody has dismissed, the urgent ones first. */
export function openUpdates(updates: readonly Update[], dismissed: readonly string[]): UpdateWords[] {
  return updates
    .map(updateWords)
    .filter(({ key }) => !dismissed.includes(key))
    .sort((a, b) => Number(b.security) - Number(a.security));
}

/** What was dismissed before; what somebody else wrote there counts as nothing. */
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

function nameOf(part: Update["part"]): string {
  switch (part) {
    case "tailscale":
      return "Tailscale";
    default:
      return assertNever(part);
  }
}

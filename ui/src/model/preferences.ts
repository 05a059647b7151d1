import type { ListView } from "./layout.ts";

export const VIEW_KEY = "tailnet-share.list";
export const EXPORT_TAG_KEY = "tailnet-share.export-tag";
/** Of an image. Source: https://github.com/distribution/reference, `regexp.go`. */
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const DEFAULT: ListView = { search: "", sharedOnly: false, grouped: true };

/** How the user left the list. What an older panel or somebody else wrote there counts as nothing. */
export function parseView(stored: string | null): ListView {
  if (stored === null) return DEFAULT;
  try {
    const value: unknown = JSON.parse(stored);
    return isView(value) ? value : DEFAULT;
  } catch {
    return DEFAULT;
  }
}

function isView(value: unknown): value is ListView {
  if (typeof value !== "object" || value === null) return false;
  const { search, sharedOnly, grouped } = value as Partial<Record<keyof ListView, unknown>>;
  return typeof search === "string" && typeof sharedOnly === "boolean" && typeof grouped === "boolean";
}

/** The tag of Tailscale's image in what is exported, as typed last; empty for the release that comes with the extension. */
export function parseExportTag(stored: string | null): string {
  return stored !== null && TAG.test(stored) ? stored : "";
}

/** What is wrong with a tag that was typed; an empty one means the default. */
export function tagProblem(text: string): string | null {
  if (text === "" || TAG.test(text)) return null;
  return "A tag has up to 128 letters, digits, dots, dashes and underscores, and does not begin with a dot or a dash.";
}

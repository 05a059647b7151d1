import type { ListView } from "./layout.ts";

export const VIEW_KEY = "tailnet-share.list";
export const EXPORT_TAG_KEY = "tailnet-share.export-tag";
/** An image tag. Source: https://github.com/distribution/reference, `regexp.go`. */
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const DEFAULT: ListView = { search: "", sharedOnly: false, grouped: true };

/** Reads how the user left the list. Ignores data that is malformed or from an older panel. */
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

/** Tag of Tailscale's image in exports, as last typed; empty for the bundled release. */
export function parseExportTag(stored: string | null): string {
  return stored !== null && TAG.test(stored) ? stored : "";
}

/** Validates a typed tag. An empty one means the default. */
export function tagProblem(text: string): string | null {
  if (text === "" || TAG.test(text)) return null;
  return "A tag has up to 128 letters, digits, dots, dashes and underscores, and does not begin with a dot or a dash.";
}

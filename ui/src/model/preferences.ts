import type { ListView } from "./layout.ts";

export const VIEW_KEY = "tailnet-share.list";
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

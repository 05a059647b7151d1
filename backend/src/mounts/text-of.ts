import { readFileSync } from "node:fs";

/** Returns a file's text; empty if it can't be read. */
export function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

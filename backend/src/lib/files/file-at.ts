import { lstatSync } from "node:fs";

/** Identifies the file at a path, to detect a replacement or another content. Follows no link. The same text for every missing file. */
export function fileAt(path: string): string {
  const file = lstatSync(path, { throwIfNoEntry: false });
  return file === undefined ? "" : `${file.dev} ${file.ino} ${file.ctimeMs} ${file.size}`;
}

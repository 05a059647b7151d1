// Usage: node packaging/release-notes.ts TAG
// Prints what the changelog says about the version of this tag.
import { readFileSync } from "node:fs";
import { notesOf } from "./release.ts";

const notes = notesOf(
  readFileSync(new URL("../CHANGELOG.md", import.meta.url), "utf8"),
  (process.argv[2] ?? "").slice(1),
);
if (notes === null) throw new Error("the changelog has no such version");
console.log(notes);

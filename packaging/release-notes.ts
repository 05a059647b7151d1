// Usage: node packaging/release-notes.ts TAG [--html]
// Prints the changelog's section on the version of this tag, as Markdown or as one line of HTML.
import { readFileSync } from "node:fs";
import { htmlOf, notesOf } from "./release.ts";

const notes = notesOf(
  readFileSync(new URL("../CHANGELOG.md", import.meta.url), "utf8"),
  (process.argv[2] ?? "").slice(1),
);
if (notes === null) throw new Error("the changelog has no such version");
console.log(process.argv[3] === "--html" ? htmlOf(notes) : notes);

import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { SECTIONS, withSection } from "./sections.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Writes every generated section into its document. */
export async function docsCommand(): Promise<void> {
  for (const section of SECTIONS) {
    const path = ROOT + section.file;
    await writeFile(path, withSection(await readFile(path, "utf8"), section));
  }
}

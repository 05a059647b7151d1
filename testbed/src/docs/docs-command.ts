import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { GENERATED_FILES } from "./files.ts";
import { SECTIONS, withSection } from "./sections.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Writes every generated section into its document, and every generated file. */
export async function docsCommand(): Promise<void> {
  for (const section of SECTIONS) {
    const path = ROOT + section.file;
    await writeFile(path, withSection(await readFile(path, "utf8"), section));
  }
  for (const { file, make } of GENERATED_FILES) await writeFile(ROOT + file, make());
}

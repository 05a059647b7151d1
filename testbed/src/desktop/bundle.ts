import { readdir, readFile } from "node:fs/promises";
import { extname, relative } from "node:path";
import { gzipSync } from "node:zlib";

export interface BundleFile {
  /** Path that a browser requests, e.g. `/assets/main.js`. */
  readonly path: string;
  readonly bytes: number;
  readonly gzipped: number;
}

/** The panel's files that a browser loads, without source maps. `folder`: the extension's `uiFolder`. */
export async function bundleOf(folder: string): Promise<readonly BundleFile[]> {
  const files: BundleFile[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || extname(entry.name) === ".map") continue;
    const file = `${entry.parentPath}/${entry.name}`;
    const content = await readFile(file);
    files.push({
      path: `/${relative(folder, file)}`,
      bytes: content.length,
      gzipped: gzipSync(content, { level: 9 }).length,
    });
  }
  return files;
}

/** The subset needed for the first render: the page and the files that it references. */
export async function firstOf(folder: string, page: string): Promise<readonly BundleFile[]> {
  const html = await readFile(`${folder}/${page}`, "utf8");
  const named = [...html.matchAll(/(?:src|href)="\.(\/[^"]+)"/g)].map(([, path]) => path);
  return (await bundleOf(folder)).filter(({ path }) => path === `/${page}` || named.includes(path));
}

export function kilobytes(files: readonly BundleFile[]): number {
  return files.reduce((sum, { gzipped }) => sum + gzipped, 0) / 1000;
}

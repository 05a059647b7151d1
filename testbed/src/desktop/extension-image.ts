import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { Engine } from "../engine/engine.ts";
import { exists } from "../lib/cache.ts";
import { composeProblems } from "./compose-rules.ts";
import { labelProblems } from "./labels.ts";
import { Metadata, metadataProblems } from "./metadata.ts";

/** An extension's image, opened and validated. */
export interface ExtensionImage {
  readonly tag: string;
  readonly metadata: Metadata;
  readonly labels: Readonly<Record<string, string>>;
  /** Folder on this machine with a copy of the paths in the image's `/` that metadata.json references. */
  readonly folder: string;
  readonly composeFile: string;
  /** Folder with the panel's files. */
  readonly uiFolder: string;
  close(): Promise<void>;
}

const Labels = z.record(z.string(), z.string()).nullable();

/** Rejects the image; the message lists every reason. */
export class InvalidExtension extends Error {
  constructor(readonly problems: readonly string[]) {
    super(
      `Docker Desktop would refuse this image:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`,
    );
    this.name = "InvalidExtension";
  }
}

/** Copies a path out of the image unchanged. Returns false when the image has no such path. */
async function copyOut(engine: Engine, containerId: string, path: string, folder: string): Promise<boolean> {
  const target = join(folder, path.replace(/^\/+/, "").replace(/\/+$/, ""));
  const result = await engine.tryDocker(["cp", `${containerId}:/${path.replace(/^\/+/, "")}`, target]);
  return result.code === 0;
}

async function unpack(engine: Engine, containerId: string, folder: string): Promise<Metadata> {
  if (!(await copyOut(engine, containerId, "metadata.json", folder))) {
    throw new InvalidExtension(["the image has no /metadata.json"]);
  }
  const text = await readFile(join(folder, "metadata.json"), "utf8");
  const problems = metadataProblems(text);
  if (problems.length > 0) throw new InvalidExtension(problems);
  const metadata = Metadata.parse(JSON.parse(text));
  const tab = metadata.ui?.["dashboard-tab"];
  const missing: string[] = [];
  for (const path of [metadata.icon, metadata.vm?.composefile, tab?.root]) {
    if (path !== undefined && !(await copyOut(engine, containerId, path, folder))) {
      missing.push(`metadata.json names ${path}, which is not in the image`);
    }
  }
  if (tab !== undefined && !(await exists(join(folder, tab.root, tab.src)))) {
    missing.push(`metadata.json names ${tab.root}/${tab.src}, which is not in the image`);
  }
  if (missing.length > 0) throw new InvalidExtension(missing);
  return metadata;
}

/** Opens the image as `docker extension validate` and `install` would. Rejects with `InvalidExtension`. */
export async function openExtensionImage(engine: Engine, tag: string): Promise<ExtensionImage> {
  const folder = await mkdtemp(join(tmpdir(), "tailnet-share-extension-"));
  const close = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    // Creating a container from an image without a command requires one; it never runs.
    const containerId = await engine.docker(["create", tag, "none"]);
    try {
      const metadata = await unpack(engine, containerId, folder);
      const inspected = await engine.docker(["image", "inspect", "-f", "{{json .Config.Labels}}", tag]);
      const labels = Labels.parse(JSON.parse(inspected)) ?? {};
      if (metadata.vm?.composefile === undefined)
        throw new InvalidExtension(["the stand-in wants a compose file"]);
      if (metadata.ui === undefined) throw new InvalidExtension(["the stand-in wants a dashboard tab"]);
      const composeFile = join(folder, metadata.vm.composefile);
      const problems = [...labelProblems(labels), ...composeProblems(await readFile(composeFile, "utf8"))];
      if (problems.length > 0) throw new InvalidExtension(problems);
      const uiFolder = join(folder, metadata.ui["dashboard-tab"].root);
      return { tag, metadata, labels, folder, composeFile, uiFolder, close };
    } finally {
      await engine.docker(["rm", "-f", "-v", containerId]);
    }
  } catch (error) {
    await close();
    throw error;
  }
}

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { podmanCompose } from "../packaging/podman.ts";
import { portainerStack, portainerTemplates } from "../packaging/portainer.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** A file that is generated as a whole. `file` is relative to the repository's root. */
export interface GeneratedFile {
  readonly file: string;
  make(): string;
}

export const GENERATED_FILES: readonly GeneratedFile[] = [
  {
    file: "packaging/podman/compose.yaml",
    make: () => podmanCompose(readFileSync(`${ROOT}packaging/linux/compose.yaml`, "utf8")),
  },
  {
    file: "packaging/portainer/stack.yml",
    make: () => portainerStack(readFileSync(`${ROOT}packaging/linux/compose.yaml`, "utf8")),
  },
  { file: "packaging/portainer/templates.json", make: portainerTemplates },
];

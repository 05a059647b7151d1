import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureLibraries } from "../engine/packages.ts";
import { cacheFolder, exists } from "../lib/cache.ts";
import { findProgram, run } from "../lib/run.ts";
import type { Steps } from "../lib/steps.ts";

export interface GoProgram {
  readonly name: string;
  readonly module: string;
  readonly version: string;
  /** Packages of the module to build; each produces a binary named after the last part of its path. */
  readonly packages: readonly string[];
  /** Strings to set at link time, by package and name: `example.com/module/version.Version`. */
  readonly variables?: Readonly<Record<string, string>>;
  /** For our own programs: Go files that become its main package and use `module`. */
  readonly own?: { readonly folder: string; readonly files: readonly string[]; readonly digest: string };
  /** For programs with C parts: build tags, and Debian packages by the libraries' names for pkg-config. */
  readonly c?: { readonly tags: readonly string[]; readonly libraries: Readonly<Record<string, string>> };
}

export const TAILSCALE: GoProgram = {
  name: "tailscale",
  module: "tailscale.com",
  version: "v1.102.3",
  packages: ["tailscale.com/cmd/tailscale", "tailscale.com/cmd/tailscaled"],
};

/** The entry point of Tailscale's official image. */
export const CONTAINERBOOT: GoProgram = {
  name: "containerboot",
  module: TAILSCALE.module,
  version: TAILSCALE.version,
  packages: ["tailscale.com/cmd/containerboot"],
};

export const HEADSCALE: GoProgram = {
  name: "headscale",
  module: "github.com/juanfont/headscale",
  version: "v0.29.2",
  packages: ["github.com/juanfont/headscale/cmd/headscale"],
};

/** Our own programs by source folder, with the module that each one wraps. */
const OWN = {
  /** Tailscale's test control server. */
  testcontrol: { module: TAILSCALE.module, version: TAILSCALE.version },
  /** Let's Encrypt's test server. */
  acme: { module: "github.com/letsencrypt/pebble/v2", version: "v2.10.3" },
} as const;
export type OwnProgram = keyof typeof OWN;

export async function ownProgram(name: OwnProgram): Promise<GoProgram> {
  const folder = fileURLToPath(new URL(`../../${name}/`, import.meta.url));
  const files = (await readdir(folder)).filter((file) => file.endsWith(".go")).toSorted();
  const hash = createHash("sha256");
  for (const file of files) hash.update(file).update(await readFile(join(folder, file)));
  const own = { folder, files, digest: hash.digest("hex").slice(0, 12) };
  return { name, ...OWN[name], packages: ["."], own };
}

/** `v1.2.3`; for our own programs, plus a digest of the sources. */
export function editionOf({ version, own }: GoProgram): string {
  return own === undefined ? version : `${version}-${own.digest}`;
}

function builtFolder(program: GoProgram, arch: string): string {
  return join(cacheFolder("go"), `${program.name}-${editionOf(program)}-${arch}`);
}

/** Returns the folder with a program's binaries; null until it has been built. */
export async function builtGoProgram(program: GoProgram, arch: string): Promise<string | null> {
  const folder = builtFolder(program, arch);
  return (await exists(folder)) ? folder : null;
}

/**
 * Builds binaries for `arch` from the Go module proxy, once. They are static unless they have C parts. Returns their folder.
 * Uses its own go.mod, because `go install pkg@version` refuses modules with replace directives.
 */
export async function buildGoProgram(program: GoProgram, arch: string, steps: Steps): Promise<string> {
  const folder = builtFolder(program, arch);
  const title = basename(folder);
  if (await exists(folder)) return folder;
  if ((await findProgram("go")) === null) {
    throw new Error(
      `${program.name} ${program.version} cannot be pulled here and there is no Go to build it with: install Go 1.26 or newer.`,
    );
  }
  if (program.c) await ensureLibraries(program.c.libraries, steps);
  return steps.step(`go build ${title} (minutes, once)`, async () => {
    const work = cacheFolder("go", `build-${title}`);
    const out = join(work, "out");
    await rm(out, { recursive: true, force: true });
    await mkdir(out, { recursive: true });
    for (const name of program.own?.files ?? []) {
      await copyFile(join(program.own?.folder ?? "", name), join(work, name));
    }
    await writeFile(
      join(work, "go.mod"),
      `module ${program.name}\ngo 1.26\nrequire ${program.module} ${program.version}\n`,
    );
    const env = {
      ...process.env,
      CGO_ENABLED: program.c ? "1" : "0",
      GOOS: "linux",
      GOARCH: arch,
      GOFLAGS: "-mod=mod -buildvcs=false",
    };
    const variables = Object.entries(program.variables ?? {}).map(([name, value]) => `-X ${name}=${value}`);
    const flags = ["-trimpath", "-ldflags", ["-s -w", ...variables].join(" ")];
    if (program.c) flags.push("-tags", program.c.tags.join(","));
    await run(["go", "build", ...flags, "-o", `${out}/`, ...program.packages], { cwd: work, env });
    // Rename only when complete, so that an interrupted build does not look finished.
    await rename(out, folder);
    return folder;
  });
}

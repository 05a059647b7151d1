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
  /** Packages of the module to build; each gives a binary of its last path part. */
  readonly packages: readonly string[];
  /** Strings to set in it, by package and name: `example.com/module/version.Version`. */
  readonly variables?: Readonly<Record<string, string>>;
  /** For one of ours: Go files that become its main package and use `module`. */
  readonly own?: { readonly folder: string; readonly files: readonly string[]; readonly digest: string };
  /** For one that is partly C: its build tags, and Debian's packages by the libraries' names for pkg-config. */
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

/** Programs of ours, by the folder with their sources: what each is made around. */
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

/** `v1.2.3`; for a program of ours with a digest of its sources. */
export function editionOf({ version, own }: GoProgram): string {
  return own === undefined ? version : `${version}-${own.digest}`;
}

function builtFolder(program: GoProgram, arch: string): string {
  return join(cacheFolder("go"), `${program.name}-${editionOf(program)}-${arch}`);
}

/** The folder with a program's binaries; null while it is not built. */
export async function builtGoProgram(program: GoProgram, arch: string): Promise<string | null> {
  const folder = builtFolder(program, arch);
  return (await exists(folder)) ? folder : null;
}

/**
 * Builds binaries for `arch` from the Go module proxy, once; static ones unless they are partly C. Answers the folder that
 * holds them.
 * A go.mod of our own rather than `go install pkg@version`, which refuses modules that carry replace directives.
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
    // Renamed only when whole: a build that was cut short must not pass for one.
    await rename(out, folder);
    return folder;
  });
}

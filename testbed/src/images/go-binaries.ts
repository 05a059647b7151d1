import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, exists } from "../lib/cache.ts";
import { findProgram, run } from "../lib/run.ts";
import type { Steps } from "../lib/steps.ts";

export interface GoProgram {
  readonly name: string;
  readonly module: string;
  readonly version: string;
  /** Packages of the module to build; each gives a binary of its last path part. */
  readonly packages: readonly string[];
}

export const TAILSCALE: GoProgram = {
  name: "tailscale",
  module: "tailscale.com",
  version: "v1.102.3",
  packages: ["tailscale.com/cmd/tailscale", "tailscale.com/cmd/tailscaled"],
};

export const HEADSCALE: GoProgram = {
  name: "headscale",
  module: "github.com/juanfont/headscale",
  version: "v0.29.2",
  packages: ["github.com/juanfont/headscale/cmd/headscale"],
};

/**
 * Builds static binaries for `arch` from the Go module proxy, once. Answers the folder that holds them.
 * A go.mod of our own rather than `go install pkg@version`, which refuses modules that carry replace directives.
 */
export async function buildGoProgram(program: GoProgram, arch: string, steps: Steps): Promise<string> {
  const title = `${program.name}-${program.version}-${arch}`;
  const folder = join(cacheFolder("go"), title);
  if (await exists(folder)) return folder;
  if ((await findProgram("go")) === null) {
    throw new Error(
      `${program.name} ${program.version} cannot be pulled here and there is no Go to build it with: install Go 1.26 or newer.`,
    );
  }
  return steps.step(`go build ${title} (minutes, once)`, async () => {
    const work = cacheFolder("go", `build-${title}`);
    const out = join(work, "out");
    await mkdir(out, { recursive: true });
    await writeFile(
      join(work, "go.mod"),
      `module bed\ngo 1.26\nrequire ${program.module} ${program.version}\n`,
    );
    const env = {
      ...process.env,
      CGO_ENABLED: "0",
      GOOS: "linux",
      GOARCH: arch,
      GOFLAGS: "-mod=mod -buildvcs=false",
    };
    const argv = ["go", "build", "-trimpath", "-ldflags", "-s -w", "-o", `${out}/`, ...program.packages];
    await run(argv, { cwd: work, env });
    // Renamed only when whole: a build that was cut short must not pass for one.
    await rename(out, folder);
    return folder;
  });
}

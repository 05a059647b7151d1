import { chmod, cp, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Engine } from "../engine/engine.ts";
import { ensurePrograms, NEEDED } from "../engine/packages.ts";
import { cacheFolder, exists } from "../lib/cache.ts";
import { run, runShell } from "../lib/run.ts";
import type { Steps } from "../lib/steps.ts";
import { buildGoProgram, type GoProgram } from "./go-binaries.ts";
import { readRegistrySettings } from "./registry-settings.ts";

/** Docker Hub's slim images exclude these. With them, a stand-in would be far larger than the real base image. */
const SLIM = ["doc", "man", "info", "locale", "groff", "lintian", "linda"].map(
  (folder) => `path-exclude=/usr/share/${folder}/*`,
);

async function importFolder(
  engine: Engine,
  folder: string,
  tag: string,
  changes: readonly string[],
): Promise<void> {
  const flags = changes.flatMap((change) => ["--change", change]);
  await runShell(
    'folder=$1; shift; tar -C "$folder" --owner=0 --group=0 --numeric-owner -c . | "$@"',
    [folder, ...engine.argv, "import", ...flags, "-", tag],
    { env: engine.env },
  );
}

/** Builds a tarball with Debian's minimal system, once. Excludes ca-certificates, as `debian:bookworm-slim` does. */
async function debianTarball(arch: string, steps: Steps): Promise<string> {
  const tarball = join(cacheFolder("debian"), `bookworm-${arch}.tar`);
  if (await exists(tarball)) return tarball;
  await ensurePrograms(NEEDED.images, steps);
  // mmdebstrap chooses the tarball format by the name's extension. Rename only when complete.
  const part = tarball.replace(/\.tar$/, ".part.tar");
  await steps.step("mmdebstrap bookworm (minutes, once)", async () => {
    const { aptOptions } = await readRegistrySettings();
    await run([
      "mmdebstrap",
      "--variant=minbase",
      `--architectures=${arch}`,
      ...aptOptions.map((option) => `--aptopt=${option}`),
      ...SLIM.map((option) => `--dpkgopt=${option}`),
      "--dpkgopt=path-include=/usr/share/doc/*/copyright",
      "bookworm",
      part,
    ]);
    await run(["mv", part, tarball]);
  });
  return tarball;
}

async function unpackedDebian(arch: string, work: string, steps: Steps): Promise<void> {
  const tarball = await debianTarball(arch, steps);
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  await run(["tar", "-C", work, "--exclude=./dev/*", "-xf", tarball]);
  const settings = await readRegistrySettings();
  for (const [path, text] of settings.files) {
    await mkdir(dirname(join(work, path)), { recursive: true });
    await writeFile(join(work, path), text);
  }
}

const DEBIAN_CONFIG = [
  'CMD ["bash"]',
  "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
];

export async function standInDebian(engine: Engine, tag: string, steps: Steps): Promise<void> {
  const work = cacheFolder("work", "debian");
  await unpackedDebian(engine.arch, work, steps);
  await importFolder(engine, work, tag, DEBIAN_CONFIG);
  await rm(work, { recursive: true, force: true });
}

/** Matches Docker Hub's image: Debian slim, with node and npm under /usr/local. The npm package `node` has the same binary. */
export async function standInNode(engine: Engine, version: string, tag: string, steps: Steps): Promise<void> {
  const platform = engine.arch === "arm64" ? "arm64" : "x64";
  const work = cacheFolder("work", "node");
  await unpackedDebian(engine.arch, work, steps);
  const pack = cacheFolder("node");
  const name = `node-linux-${platform}-${version}.tgz`;
  if (!(await exists(join(pack, name)))) {
    await run(["npm", "pack", "--silent", `node-linux-${platform}@${version}`], { cwd: pack });
  }
  const local = join(work, "usr", "local");
  await run(["tar", "-C", local, "--strip-components=1", "-xzf", join(pack, name), "package/bin/node"]);
  await chmod(join(local, "bin", "node"), 0o755);
  const npmRoot = (await run(["npm", "root", "-g"])).trim();
  await mkdir(join(local, "lib", "node_modules"), { recursive: true });
  await cp(join(npmRoot, "npm"), join(local, "lib", "node_modules", "npm"), {
    recursive: true,
    verbatimSymlinks: true,
  });
  // Built-in npm settings from this machine's distribution do not belong in the image.
  await rm(join(local, "lib", "node_modules", "npm", "npmrc"), { force: true });
  for (const command of ["npm", "npx"]) {
    await symlink(`../lib/node_modules/npm/bin/${command}-cli.js`, join(local, "bin", command));
  }
  await importFolder(engine, work, tag, [
    'CMD ["node"]',
    `ENV NODE_VERSION=${version}`,
    ...DEBIAN_CONFIG.slice(1),
  ]);
  await rm(work, { recursive: true, force: true });
}

/** Builds an image that only contains a Go program's binaries, in `folderInImage`. */
export async function standInGo(
  engine: Engine,
  program: GoProgram,
  image: { readonly tag: string; readonly folderInImage: string; readonly changes: readonly string[] },
  steps: Steps,
): Promise<void> {
  const binaries = await buildGoProgram(program, engine.arch, steps);
  const work = cacheFolder("work", program.name);
  await rm(work, { recursive: true, force: true });
  await cp(binaries, join(work, image.folderInImage), { recursive: true });
  await importFolder(engine, work, image.tag, image.changes);
  await rm(work, { recursive: true, force: true });
}

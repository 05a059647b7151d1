import { findProgram, run, tryRun } from "../lib/run.ts";
import type { Steps } from "../lib/steps.ts";

/** A program that proves that a Debian package is installed, and the package that contains it. */
export const NEEDED = {
  engine: { dockerd: "docker.io", iptables: "iptables", "docker-compose": "docker-compose" },
  namespace: { ip: "iproute2" },
  userNamespace: { newuidmap: "uidmap" },
  rootless: { rootlesskit: "rootlesskit", slirp4netns: "slirp4netns" },
  compiler: { gcc: "gcc", "pkg-config": "pkg-config" },
  images: { mmdebstrap: "mmdebstrap" },
  browser: {
    chromium: "chromium",
    zbarimg: "zbar-tools",
    certutil: "libnss3-tools",
    "fc-list": "fontconfig",
  },
} as const;

/** Docker Desktop's fonts of today and of its published theme, by family, and the packages that contain them. */
const FONTS = { Roboto: "fonts-roboto", "Open Sans": "fonts-open-sans" };

/** Installs the Debian packages whose programs are missing. Rejects with a sentence when apt-get fails. */
export async function ensurePrograms(wanted: Readonly<Record<string, string>>, steps: Steps): Promise<void> {
  const missing: string[] = [];
  for (const [program, debianPackage] of Object.entries(wanted)) {
    if ((await findProgram(program)) === null) missing.push(debianPackage);
  }
  await install(missing, steps);
}

/** Installs Chromium, what the specs use beside it, and the fonts of its pages. Rejects with a sentence when apt-get fails. */
export async function ensureBrowser(steps: Steps): Promise<void> {
  await ensurePrograms(NEEDED.browser, steps);
  const missing: string[] = [];
  for (const [family, debianPackage] of Object.entries(FONTS)) {
    const { stdout } = await tryRun(["fc-list", `:family=${family}`]);
    if (stdout.trim() === "") missing.push(debianPackage);
  }
  await install(missing, steps);
}

/** Installs the compiler and missing C libraries, by their names for pkg-config. */
export async function ensureLibraries(wanted: Readonly<Record<string, string>>, steps: Steps): Promise<void> {
  await ensurePrograms(NEEDED.compiler, steps);
  const missing: string[] = [];
  for (const [library, debianPackage] of Object.entries(wanted)) {
    // Includes libc's headers, which gcc only recommends.
    if ((await tryRun(["pkg-config", "--exists", library])).code !== 0)
      missing.push(debianPackage, "libc6-dev");
  }
  await install([...new Set(missing)], steps);
}

async function install(missing: readonly string[], steps: Steps): Promise<void> {
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || (await findProgram("apt-get")) === null) {
    throw new Error(
      `missing: ${missing.join(", ")}. Install them, or run as root on Debian, where they are installed for you.`,
    );
  }
  await steps.step(`apt-get install ${missing.join(" ")}`, async () => {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const argv = ["apt-get", "install", "-y", "-q", "--no-install-recommends", ...missing];
    // The package list may be absent (new machine) or stale (package replaced). One update fixes both.
    const first = await tryRun(argv, { env });
    if (first.code === 0) return;
    await run(["apt-get", "update", "-q"], { env });
    await run(argv, { env });
  });
}

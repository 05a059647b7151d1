import { findProgram, run, tryRun } from "../lib/run.ts";
import type { Steps } from "../lib/steps.ts";

/** Program that proves a Debian package is there, and the package that brings it. */
export const NEEDED = {
  engine: { dockerd: "docker.io", iptables: "iptables", "docker-compose": "docker-compose" },
  images: { mmdebstrap: "mmdebstrap" },
  browser: { chromium: "chromium" },
} as const;

/** Installs the Debian packages whose programs are missing. Rejects with a sentence where apt-get cannot. */
export async function ensurePrograms(wanted: Readonly<Record<string, string>>, steps: Steps): Promise<void> {
  const missing: string[] = [];
  for (const [program, debianPackage] of Object.entries(wanted)) {
    if ((await findProgram(program)) === null) missing.push(debianPackage);
  }
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || (await findProgram("apt-get")) === null) {
    throw new Error(
      `missing: ${missing.join(", ")}. Install them, or run as root on Debian, where they are installed for you.`,
    );
  }
  await steps.step(`apt-get install ${missing.join(" ")}`, async () => {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", ...missing];
    // The package list may be absent (new machine) or stale (package replaced): one update cures both.
    const first = await tryRun(install, { env });
    if (first.code === 0) return;
    await run(["apt-get", "update", "-q"], { env });
    await run(install, { env });
  });
}

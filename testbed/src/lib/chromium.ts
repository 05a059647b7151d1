import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type LaunchOptions } from "playwright-core";
import { findProgram, run } from "./run.ts";

/** Keeps the browser from contacting the internet in the background. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts the Chromium on PATH, or the one that `CHROMIUM` names. Rejects with a sentence when there is none. */
export async function launchChromium({
  args = [],
  ...options
}: Pick<LaunchOptions, "args" | "proxy" | "env"> = {}): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? (await findProgram("chromium"));
  if (executablePath === null) throw new Error("there is no chromium on PATH");
  return await chromium.launch({ executablePath, args: [...FLAGS, ...args], ...options });
}

/** Starts a Chromium that trusts an additional authority and sends all requests through a proxy. Uses its own home folder. */
export async function launchTrustingChromium(authority: string, proxy: string): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), "tailnet-share-chromium-"));
  const database = join(profile, ".pki/nssdb");
  const file = join(profile, "authority.pem");
  await mkdir(database, { recursive: true });
  await writeFile(file, authority);
  await run(["certutil", "-d", `sql:${database}`, "-N", "--empty-password"]);
  await run(["certutil", "-d", `sql:${database}`, "-A", "-t", "C,,", "-n", "bed", "-i", file]);
  const browser = await launchChromium({ proxy: { server: proxy }, env: { ...process.env, HOME: profile } });
  browser.once("disconnected", () => void rm(profile, { recursive: true, force: true }));
  return browser;
}

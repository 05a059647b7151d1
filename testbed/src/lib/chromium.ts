import { type Browser, chromium } from "playwright-core";
import { findProgram } from "./run.ts";

/** A browser that says nothing to the internet by itself. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts the Chromium on PATH, or the one that `CHROMIUM` names. Rejects with a sentence where there is none. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? (await findProgram("chromium"));
  if (executablePath === null) throw new Error("there is no chromium on PATH");
  return await chromium.launch({ executablePath, args: FLAGS });
}

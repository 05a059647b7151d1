import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const UI = fileURLToPath(new URL("../../ui/", import.meta.url));

/** Command line of Vite for the gallery: every screen and state of the panel, from fixtures. */
export function galleryCommand(args: readonly string[]): readonly string[] {
  const vite = dirname(createRequire(join(UI, "package.json")).resolve("vite/package.json"));
  return [process.execPath, join(vite, "bin", "vite.js"), ...args, "--config", "vite.gallery.config.ts"];
}

/** Serves the gallery until the signal aborts. Rejects when Vite fails. */
export async function gallery(signal: AbortSignal): Promise<void> {
  console.log("http://localhost:3100/gallery.html");
  const [program = "", ...args] = galleryCommand(["--strictPort"]);
  const child = spawn(program, args, { cwd: UI, stdio: "inherit", signal });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`the gallery ended with code ${code}`);
}

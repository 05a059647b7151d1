import { readdir, readFile } from "node:fs/promises";
import { tryRun } from "../lib/run.ts";

/**
 * Files for a stand-in base image that let this machine reach the package registries: its certificate authorities and npm's
 * and apt's settings. Only images that never leave this machine contain them, and no committed file does.
 */
export interface RegistrySettings {
  /** Absolute path in the image → content. */
  readonly files: ReadonlyMap<string, string>;
  /** Options for mmdebstrap's `--aptopt`. */
  readonly aptOptions: readonly string[];
}

const BUNDLES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/cert.pem",
];
const EXTRA_AUTHORITIES = "/usr/local/share/ca-certificates";
const BUNDLE_IN_IMAGE = "/usr/local/share/tailnet-share-bed/ca-bundle.pem";

async function firstReadable(paths: readonly string[]): Promise<string | null> {
  for (const path of paths) {
    const text = await readFile(path, "utf8").catch(() => null);
    if (text !== null) return text;
  }
  return null;
}

export async function readRegistrySettings(): Promise<RegistrySettings> {
  const files = new Map<string, string>();
  const npmrc = ["fund=false", "audit=false", "update-notifier=false"];
  const bundle = await firstReadable(BUNDLES);
  if (bundle !== null) {
    files.set(BUNDLE_IN_IMAGE, bundle);
    npmrc.push(`cafile=${BUNDLE_IN_IMAGE}`);
  }
  // When the Dockerfile installs ca-certificates, that package's script adds these to the system's bundle.
  for (const name of await readdir(EXTRA_AUTHORITIES).catch(() => [])) {
    if (name.endsWith(".crt")) {
      files.set(`${EXTRA_AUTHORITIES}/${name}`, await readFile(`${EXTRA_AUTHORITIES}/${name}`, "utf8"));
    }
  }
  const registry = await tryRun(["npm", "config", "get", "registry"]);
  if (registry.code === 0) npmrc.push(`registry=${registry.stdout.trim()}`);
  files.set("/usr/local/etc/npmrc", `${npmrc.join("\n")}\n`);

  const dump = await tryRun(["apt-config", "dump", "--no-empty"]).catch(() => null);
  const aptOptions = (dump?.stdout ?? "")
    .split("\n")
    .filter((line) => /^Acquire::(Check-Date|Check-Valid-Until|Retries|https?::(Proxy|Timeout))/.test(line));
  return { files, aptOptions };
}

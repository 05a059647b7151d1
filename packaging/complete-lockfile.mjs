// Usage: node packaging/complete-lockfile.mjs
// `npm ci` wants an entry for every platform's optional package, but npm only writes those that the registry at hand
// carries; mirrors often hold one platform's. This adds the missing entries, pinned to the version that their parent asks
// for, so that the same lockfile serves everywhere. Such entries have no checksum: run `npm install` against the full
// registry to fill it in.
import { readFileSync, writeFileSync } from "node:fs";

const OS = {
  android: "android",
  darwin: "darwin",
  freebsd: "freebsd",
  linux: "linux",
  netbsd: "netbsd",
  openbsd: "openbsd",
  openharmony: "openharmony",
  sunos: "sunos",
  win32: "win32",
  windows: "win32",
  aix: "aix",
};
const CPU = {
  arm64: "arm64",
  arm: "arm",
  x64: "x64",
  ia32: "ia32",
  ppc64: "ppc64",
  ppc64le: "ppc64",
  loong64: "loong64",
  mips64el: "mips64el",
  riscv64: "riscv64",
  s390x: "s390x",
  wasm32: "wasm32",
};
const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

const path = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(path, "utf8"));
let added = 0;
for (const [folder, entry] of Object.entries({ ...lock.packages })) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isInstalled(folder, name)) continue;
    const words = name.split(/[/-]/);
    const os = words.map((word) => OS[word]).find(Boolean);
    const cpu = words.map((word) => CPU[word]).find(Boolean);
    const version = range.replace(/^[~^]/, "");
    if (!EXACT.test(version)) throw new Error(`${name}: '${range}' names no version`);
    lock.packages[`node_modules/${name}`] = {
      version,
      ...(cpu ? { cpu: [cpu] } : {}),
      ...(entry.dev ? { dev: true } : {}),
      optional: true,
      // fsevents and the like have no platform in their name: they are macOS's.
      os: [os ?? (cpu === "wasm32" ? "none" : "darwin")],
    };
    added += 1;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} entries added`);

/** Returns whether Node's resolution finds `name` from `folder`: in its own node_modules, or in those of the folders above. */
function isInstalled(folder, name) {
  const folders = [...folder.matchAll(/(?:^|\/)node_modules\//g)].map(({ index }) => folder.slice(0, index));
  return [folder, ...folders, ""].some(
    (at) => lock.packages[`${at === "" ? "" : `${at}/`}node_modules/${name}`],
  );
}

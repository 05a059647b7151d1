#!/usr/bin/env node
// The way in for people and CI: installs the packages when they are missing or stale, then hands over to the
// TypeScript command line. Plain Node without packages, because it runs before there are any.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const lockfile = join(root, "package-lock.json");
const stampFile = join(root, "node_modules", ".tailnet-share-stamp");
const npmOwnStamp = join(root, "node_modules", ".package-lock.json");

function lockHash() {
  return createHash("sha256").update(readFileSync(lockfile)).digest("hex");
}

function packagesAreCurrent() {
  if (!existsSync(npmOwnStamp)) return false;
  if (existsSync(stampFile)) return readFileSync(stampFile, "utf8") === lockHash();
  // Somebody ran npm themselves: npm writes its own stamp within seconds of the lockfile.
  return statSync(npmOwnStamp).mtimeMs >= statSync(lockfile).mtimeMs - 10_000;
}

if (!packagesAreCurrent()) {
  console.log("> npm packages");
  const install = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: root, stdio: "inherit" });
  if (install.status !== 0) {
    console.error("npm ci failed: see its output above.");
    process.exit(install.status ?? 1);
  }
}
writeFileSync(stampFile, lockHash());

const tsx = import.meta.resolve("tsx");
const cli = join(root, "testbed", "src", "cli.ts");
const child = spawn(process.execPath, ["--import", tsx, cli, ...process.argv.slice(2)], {
  cwd: root,
  stdio: "inherit",
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  // A terminal's Ctrl-C reaches the child by itself; a signal sent to this process alone does not.
  process.on(signal, () => {
    if (!(signal === "SIGINT" && process.stdin.isTTY)) child.kill(signal);
  });
}
child.on("exit", (code, signal) => {
  process.exit(code ?? 128 + (signal === null ? 1 : (constants.signals[signal] ?? 1)));
});

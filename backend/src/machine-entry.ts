import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { ENTRY_EXIT } from "./machines/container.ts";
import { GUARD_TABLE, renderGuard } from "./machines/guard.ts";
import { listeningPorts } from "./machines/listening.ts";

/*
 * Runs in containers of ours, in the network namespace of the container that becomes a machine.
 *   machine.mjs run <guard|reach|bare> <tailscaled> <argument>…   readies the namespace and becomes tailscaled
 *   machine.mjs ready <guard|reach|bare>                          readies the namespace
 *   machine.mjs tidy                                              takes back what readying it has made
 *   machine.mjs listening                                         prints the ports that something listens on, as JSON
 */
const [command, ...rest] = process.argv.slice(2);
switch (command) {
  case "run": {
    const [guard, program, ...args] = rest;
    if (program === undefined) process.exit(ENTRY_EXIT.misused);
    ready(guard);
    // Becomes tailscaled, so that nothing of this program stays in memory.
    process.execve?.(program, [program, ...args], process.env);
    break;
  }
  case "ready":
    ready(rest[0]);
    break;
  case "tidy":
    nft(`table inet ${GUARD_TABLE}\ndelete table inet ${GUARD_TABLE}\n`);
    break;
  case "listening":
    console.log(
      JSON.stringify(listeningPorts((name) => readFileSync(`/proc/net/${name}`, "utf8"), ownSockets())),
    );
    break;
  default:
    process.exit(ENTRY_EXIT.misused);
}

function ready(guard: string | undefined): void {
  if (/^\s*tailscale\d*:/m.test(readFileSync("/proc/net/dev", "utf8"))) process.exit(ENTRY_EXIT.present);
  if (guard !== "bare") nft(renderGuard({ reachTailnet: guard === "reach" }));
}

/** Inodes of the sockets of every program in this container: tailscaled's. The application's are in another. */
function ownSockets(): Set<string> {
  const links = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap(
      (pid) => attempt(() => readdirSync(`/proc/${pid}/fd`).map((fd) => `/proc/${pid}/fd/${fd}`)) ?? [],
    )
    .map((path) => attempt(() => readlinkSync(path)) ?? "");
  return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
}

/** Null where it fails: a program may end while it is looked at. */
function attempt<T>(look: () => T): T | null {
  try {
    return look();
  } catch {
    return null;
  }
}

function nft(script: string): void {
  const { status, stderr } = spawnSync("nft", ["-f", "-"], { input: script, encoding: "utf8" });
  if (status === 0) return;
  console.error(stderr);
  process.exit(ENTRY_EXIT.unguarded);
}

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError } from "@tailnet-share/contract/errors";
import { run } from "../lib/run.ts";
import type { Forward } from "./data-plane.ts";
import { type Ending, endingsIn } from "./flows/conntrack.ts";
import { kernelFlows } from "./flows/kernel-flows.ts";
import { announce, translationsFor, withPorts } from "./flows/reset.ts";
import { listingFrom } from "./rules/nft-json.ts";
import { TABLE } from "./rules/ruleset.ts";

/** Limit for a listing of about 50,000 flows: opening more must not cost the backend more memory. Characters. */
const MOST_FLOWS = 8 * 1024 * 1024;

/** Has `nft` run a script, in one transaction. Rejects with `AppError("DATAPLANE_FAILED")`. */
export async function applyRules(script: string, signal?: AbortSignal): Promise<void> {
  const { code, stderr } = await run("nft", ["-f", "-"], { input: script, signal });
  if (code === 0) return;
  throw new AppError(
    "DATAPLANE_FAILED",
    `The kernel refused the forwarding rules: ${stderr.split("\n")[0] ?? `exit code ${code}`}`,
    "Retrying automatically. If this persists, restart Tailnet Share and send its diagnostics.",
  );
}

/** Returns our table as `nft` shows it; null when there is none. */
export async function listTable(signal?: AbortSignal): Promise<string | null> {
  return listingFrom(await run("nft", ["--json", "list", "table", "inet", TABLE], { signal }));
}

/** The kernel's own list of flows; null when reading it takes too long. Synchronous. */
export function kernelListing(): string | null {
  return kernelFlows(MOST_FLOWS);
}

/** Returns the kernel's flows, by `conntrack` where the kernel's own list takes too long. Rejects with `AppError("DATAPLANE_FAILED")`. */
export async function listFlows(signal?: AbortSignal): Promise<string> {
  return kernelListing() ?? (await conntrack(["-L", "-f", "ipv4"], signal));
}

/**
 * Ends the flows of these forwards. The ruleset already blocks them. But a busy UDP client would keep its entry alive and stay bound to
 * the old target, and each end of a TCP connection would believe it open until that end sends. `isInstant`: whether to tell both ends.
 */
export async function endFlows(
  gone: readonly Forward[],
  isInstant: boolean,
  signal?: AbortSignal,
): Promise<void> {
  const deleted: string[] = [];
  for (const { protocol, nodePort, address, port, via } of gone) {
    const own = via === undefined ? [] : ["--orig-dst", via];
    const from = [...own, "--reply-src", address, "--reply-port-src", String(port)];
    deleted.push(
      await conntrack(["-D", "-p", protocol, "--orig-port-dst", String(nodePort), ...from], signal),
    );
  }
  if (isInstant) {
    await tellEnds(endingsIn(deleted.join("\n")), signal).catch(() => undefined);
  }
}

async function conntrack(args: readonly string[], signal?: AbortSignal): Promise<string> {
  const { code, stdout, stderr } = await run("conntrack", args, { signal, mostCharacters: MOST_FLOWS });
  // Exit code 1 also means that no flows were left to end.
  if (code === 0 || /: 0 flow entries have been/.test(stderr)) return stdout;
  throw new AppError(
    "DATAPLANE_FAILED",
    `Couldn't read or close connections (conntrack): ${stderr.split("\n")[0] || `exit code ${code}`}`,
    "Retrying automatically. Ports that are no longer shared are closed all the same.",
  );
}

/** Works at best effort: an end that misses the reset gets one on its next packet. */
async function tellEnds(endings: readonly Ending[], signal?: AbortSignal): Promise<void> {
  const resets = withPorts(endings);
  if (resets.length === 0) return;
  // conntrack opens its input by path, which fails for the socket that Node passes to a child.
  const folder = await mkdtemp(join(tmpdir(), "resets-"));
  try {
    const file = join(folder, "entries");
    await writeFile(file, translationsFor(resets));
    const { code } = await run("conntrack", ["--load-file", file], { signal });
    if (code === 0) announce(resets);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError } from "@tailnet-share/contract/errors";
import { run } from "../lib/run.ts";
import { packetsPassed } from "./cards.ts";
import { type Ending, endingsIn, flowsByForward } from "./conntrack.ts";
import { type ActiveForward, type DataPlane, type Forward, sameForwards } from "./data-plane.ts";
import type { Abilities } from "./kernel-features.ts";
import { kernelFlows } from "./kernel-flows.ts";
import { carriedCounters, listingFrom, parseListing, rulesIn, shapeOf } from "./nft-json.ts";
import { readFlowTimeouts } from "./quiet.ts";
import { announce, translationsFor, withPorts } from "./reset.ts";
import { renderRuleset, ruleCount, TABLE } from "./ruleset.ts";

/** Limit for a listing of about 50,000 flows: opening more must not cost the backend more memory. Characters. */
const MOST_FLOWS = 8 * 1024 * 1024;

/** Kernel NAT by nftables, in the backend's own network namespace. */
export function createKernelDataPlane(abilities: Abilities): DataPlane {
  const rules = ruleCount(abilities);
  /** The forwards of the last `replace`; null before the first. */
  let applied: readonly Forward[] | null = null;
  /** The kernel's listing at the first observation after that. */
  let shape: string | null = null;
  let replacing: Promise<unknown> = Promise.resolve();

  async function nft(args: readonly string[], input: string, signal?: AbortSignal): Promise<string> {
    const { code, stdout, stderr } = await run("nft", args, { input, signal });
    if (code === 0) return stdout;
    throw new AppError(
      "DATAPLANE_FAILED",
      `The kernel refused the forwarding rules: ${stderr.split("\n")[0] ?? `exit code ${code}`}`,
      "Tailnet Share retries automatically. If the error stays, restart the extension and send its diagnostics.",
    );
  }

  async function conntrack(args: readonly string[], signal?: AbortSignal): Promise<string> {
    const { code, stdout, stderr } = await run("conntrack", args, { signal, mostCharacters: MOST_FLOWS });
    // Exit code 1 also means that no flows were left to end.
    if (code === 0 || /: 0 flow entries have been/.test(stderr)) return stdout;
    throw new AppError(
      "DATAPLANE_FAILED",
      `The kernel does not list its connections, or does not end them: ${stderr.split("\n")[0] || `exit code ${code}`}`,
      "Tailnet Share retries automatically. Ports that are no longer shared are closed all the same.",
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

  async function observe(signal?: AbortSignal): Promise<ActiveForward[] | null> {
    const before = applied;
    const known = shape;
    const stdout = await list(signal);
    if (stdout === null) return null;
    // Somebody else changed the table, and no `replace` ran meanwhile: report null so that the caller rebuilds it.
    if (known !== null && known === shape && shapeOf(stdout) !== known) return null;
    const forwards = parseListing(stdout);
    if (shape === null && before !== null && before === applied) {
      if (rulesIn(stdout) !== rules) return null;
      // No `replace` ran meanwhile and the forwards match, so this listing is the reference for later checks.
      if (sameForwards(before, forwards)) shape = shapeOf(stdout);
    }
    return forwards;
  }

  /** Returns our table as `nft` shows it; null when there is none. */
  async function list(signal?: AbortSignal): Promise<string | null> {
    return listingFrom(await run("nft", ["--json", "list", "table", "inet", TABLE], { signal }));
  }

  async function replace(script: string, forwards: readonly Forward[], signal?: AbortSignal): Promise<void> {
    shape = null;
    await nft(["-f", "-"], script, signal);
    applied = forwards;
    shape = null;
  }

  return {
    mode: "kernel",
    observe,
    async replace(forwards, before, signal) {
      const work = replace(renderRuleset(forwards, carriedCounters(before), abilities), forwards, signal);
      replacing = work.catch(() => undefined);
      await work;
    },
    async intact(signal) {
      for (;;) {
        const last = replacing;
        await last;
        const before = applied;
        const known = shape;
        const stdout = await list(signal);
        // A `replace` ran meanwhile, so this listing is stale.
        if (replacing !== last) continue;
        if (stdout === null) return false;
        if (known !== null) return shapeOf(stdout) === known;
        return before === null || (rulesIn(stdout) === rules && sameForwards(before, parseListing(stdout)));
      }
    },
    async flows(signal) {
      // Without forwards there are no flows, and starting a program is the most expensive part of an observation.
      if (applied?.length === 0) return [];
      const listing = kernelFlows(MOST_FLOWS) ?? (await conntrack(["-L", "-f", "ipv4"], signal));
      return flowsByForward(listing, readFlowTimeouts());
    },
    packets: packetsPassed,
    // The ruleset already blocks these flows. But a busy UDP client would keep its entry alive and stay bound to the old target,
    // and each end of a TCP connection would believe it open until that end sends.
    async endFlows(gone, signal) {
      const deleted: string[] = [];
      for (const { protocol, nodePort, address, port, via } of gone) {
        const own = via === undefined ? [] : ["--orig-dst", via];
        const from = [...own, "--reply-src", address, "--reply-port-src", String(port)];
        deleted.push(
          await conntrack(["-D", "-p", protocol, "--orig-port-dst", String(nodePort), ...from], signal),
        );
      }
      if (abilities.has("instant-endings")) {
        await tellEnds(endingsIn(deleted.join("\n")), signal).catch(() => undefined);
      }
    },
  };
}

import { AppError } from "@tailnet-share/contract/errors";
import { run } from "../lib/run.ts";
import { visitorsByForward } from "./conntrack.ts";
import type { ActiveForward, DataPlane } from "./data-plane.ts";
import { carriedCounters, parseListing } from "./nft-json.ts";
import { renderRuleset, TABLE } from "./ruleset.ts";

/** Kernel NAT by nftables, in the backend's own network namespace. */
export function createKernelDataPlane(): DataPlane {
  async function nft(args: readonly string[], input: string, signal?: AbortSignal): Promise<string> {
    const { code, stdout, stderr } = await run("nft", args, { input, signal });
    if (code === 0) return stdout;
    throw new AppError(
      "DATAPLANE_FAILED",
      `The kernel refused the forwarding rules: ${stderr.split("\n")[0] ?? `exit code ${code}`}`,
      "It is tried again by itself; if it stays, restart the extension and send its diagnostics.",
    );
  }

  async function observe(signal?: AbortSignal): Promise<ActiveForward[] | null> {
    const { code, stdout } = await run("nft", ["--json", "list", "table", "inet", TABLE], { signal });
    return code === 0 ? parseListing(stdout) : null;
  }

  return {
    mode: "kernel",
    observe,
    async replace(forwards, before, signal) {
      await nft(["-f", "-"], renderRuleset(forwards, carriedCounters(before)), signal);
    },
    async visitors(signal) {
      const { stdout } = await run("conntrack", ["-L", "-f", "ipv4"], { signal });
      return visitorsByForward(stdout);
    },
    // The ruleset stops them already. But as long as a busy UDP client keeps its entry alive it would stay bound to the old
    // target, and TCP clients would be refused only when they send.
    async endFlows(gone, signal) {
      for (const { protocol, nodePort, address } of gone) {
        // Exit code 1 means that there was no such flow.
        await run(
          "conntrack",
          ["-D", "-p", protocol, "--orig-port-dst", String(nodePort), "--reply-src", address],
          { signal },
        );
      }
    },
  };
}

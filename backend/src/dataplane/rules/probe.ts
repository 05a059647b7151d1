import { open } from "node:fs/promises";
import type { Fault } from "@tailnet-share/contract/errors";
import type { DataPlane } from "@tailnet-share/contract/node";
import { type RunResult, run } from "../../lib/run.ts";
import { hasRight } from "../../mounts/container.ts";
import { kernelHint } from "../../mounts/missing.ts";
import {
  type Abilities,
  COUNTER_SNIPPET,
  OPTIONAL_FEATURES,
  type OptionalFeature,
  REQUIRED_FEATURES,
  SCRATCH_TABLE,
  SEAL_SNIPPET,
  VISITS_SNIPPET,
} from "./kernel-features.ts";
import { countsOfElements } from "./nft-json.ts";
import { renderRuleset } from "./ruleset.ts";

export interface Probe {
  /** The reason for userspace mode; null when the kernel data plane works. */
  readonly fault: Fault | null;
  readonly abilities: Abilities;
  readonly missing: DataPlane["missing"];
}

/** Runs `nft` in the backend's network namespace. Never rejects, not even when `nft` fails. */
export type Nft = (args: readonly string[], input?: string) => Promise<RunResult>;

const realNft: Nft = async (args, input = "") =>
  await run("nft", args, { input }).catch((error: unknown) => ({
    code: -1,
    stdout: "",
    stderr: String(error),
  }));

/** Probes the kernel's features. Leaves nothing behind. */
export async function probeKernel(
  nft: Nft = realNft,
  hasTun = tunIsUsable,
  hasNetAdmin = hasRight("NET_ADMIN"),
): Promise<Probe> {
  if (!(await hasTun()))
    return none("No TUN device: /dev/net/tun is missing or unusable.", kernelHint("tun"));
  if (!hasNetAdmin)
    return none(
      "The container lacks the right NET_ADMIN, which TUN and nftables need.",
      kernelHint("net-admin"),
    );
  const counting = await counts(nft);
  // Most kernels accept everything at once, and then no feature needs its own probe.
  const whole =
    counting && (await refusalOf(nft, SEAL_SNIPPET + VISITS_SNIPPET + renderRuleset([]))) === null;
  const lacking: OptionalFeature[] = [];
  if (!whole) {
    for (const { kernel, snippet } of REQUIRED_FEATURES) {
      const refusal = await refusalOf(nft, snippet);
      if (refusal !== null) return withoutRules(` (${kernel}): ${refusal}`);
    }
    for (const feature of OPTIONAL_FEATURES) {
      const has =
        feature.ability === "byte-counts" ? counting : (await refusalOf(nft, feature.snippet)) === null;
      if (!has) lacking.push(feature);
    }
  }
  const abilities = new Set(
    OPTIONAL_FEATURES.filter((feature) => !lacking.includes(feature)).map(({ ability }) => ability),
  );
  const refusal = whole ? null : await refusalOf(nft, renderRuleset([], new Map(), abilities));
  if (refusal !== null) return withoutRules(`: ${refusal}`);
  return { fault: null, abilities, missing: lacking.map(({ ability, cost }) => ({ ability, cost })) };
}

/**
 * The first line of `nft`'s error for a script; null when it accepts the script. A checked script does reach the kernel, which
 * validates and then discards it: nft omits the message that ends the batch (`src/libnftables.c`).
 */
async function refusalOf(nft: Nft, script: string): Promise<string | null> {
  const { code, stderr } = await nft(["--check", "-f", "-"], script);
  return code === 0 ? null : stderr.split("\n")[0] || `exit code ${code}`;
}

/** Kernels before 5.7 silently ignore a set's counters, so read them back. No chain uses this table. */
async function counts(nft: Nft): Promise<boolean> {
  const { code } = await nft(["-f", "-"], COUNTER_SNIPPET);
  if (code !== 0) return false;
  const { stdout } = await nft(["--json", "list", "table", "inet", SCRATCH_TABLE]);
  await nft(["delete", "table", "inet", SCRATCH_TABLE]);
  return countsOfElements(stdout);
}

async function tunIsUsable(): Promise<boolean> {
  return await open("/dev/net/tun", "r+").then(
    async (file) => {
      await file.close();
      return true;
    },
    () => false,
  );
}

/** The result when nobody wants the kernel data plane. */
export const USERSPACE_CHOSEN: Probe = none(
  "TS_USERSPACE asks for userspace networking.",
  "Remove TS_USERSPACE to use the kernel's TUN.",
);

function withoutRules(reason: string): Probe {
  return none(`The kernel does not take the nftables rules${reason}.`, kernelHint("nftables"));
}

function none(message: string, hint: string): Probe {
  return {
    fault: {
      code: "NO_TUN",
      message: `${message} Shares are TCP only and slower.`,
      hint,
    },
    abilities: new Set(),
    missing: [],
  };
}

import { spawnSync } from "node:child_process";
import { createHash, randomInt } from "node:crypto";
import { networkInterfaces } from "node:os";
import { type OwnNetwork, tailnetLikeNetworks } from "../../networks/own-networks.ts";
import { TAILNET_INTERFACE } from "../../tailscale/daemon/interface.ts";
import type { Guard } from "../container/container.ts";
import {
  GUARD_TABLE,
  markIn,
  renderGuard,
  renderOpenVisits,
  renderSeal,
  VISITS,
  withoutGuard,
  withoutMark,
  withoutOwn,
  withoutVisits,
} from "./guard.ts";

/**
 * State in which a guard was found.
 * - `restored`: it was missing or differed, and has been put in place.
 * - `unsealed`: the kernel has no rules for packets that leave by an interface.
 */
export type GuardState = "intact" | "restored" | "unsealed";

export interface HeldGuard {
  readonly guard: GuardState;
  /** Identifies the rules in place, without their secret mark; null if they need to be put in place again. */
  readonly rules: string | null;
}

/** Puts and keeps the guard in this network namespace. Methods throw if the kernel accepts no rules at all. */
export interface GuardKeeper {
  put(guard: Guard): void;
  /**
   * Restores the guard if it differs. `known`: the rules that an earlier call has left; if these are still in place, their listing
   * is enough. Clients' flows and our own visits continue.
   */
  hold(guard: Guard, known?: string | null): HeldGuard;
  remove(): void;
}

interface NftResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `nft` in the namespace of a machine's container. */
export type GuardNft = (args: readonly string[], input?: string) => NftResult;

export function createGuardKeeper(nft: GuardNft): GuardKeeper {
  function apply(script: string): void {
    const { status, stderr } = nft(["-f", "-"], script);
    if (status !== 0) throw new Error(stderr);
  }

  function tried(script: string): boolean {
    return nft(["-f", "-"], script).status === 0;
  }

  /**
   * Returns whether the gate at the interface is in place or not needed. Leaves out rules that the kernel doesn't support: without rejects
   * the application waits longer but still can't connect, and without set timeouts the machine makes no visits.
   */
  function putWith(guard: Guard, own: readonly OwnNetwork[], mark: number, openVisits = ""): boolean {
    if (guard === "bare") return true;
    const reachTailnet = guard === "reach";
    const render = (lean: Pick<Parameters<typeof renderGuard>[0], "refuses" | "visits">) =>
      renderGuard({ reachTailnet, mark, own, ...lean });
    const scripts = [
      ...(openVisits === "" ? [] : [render({}) + openVisits]),
      ...[{}, { visits: false }, { refuses: false }].map(render),
    ];
    if (!scripts.some(tried)) apply(render({ refuses: false, visits: false }));
    if (!reachTailnet) return tried(renderSeal({ mark }));
    tried(withoutGuard("netdev"));
    return true;
  }

  return {
    put: (guard) => void putWith(guard, ownNetworks(), newMark()),

    hold(guard, known = null) {
      if (guard === "bare") return { guard: "intact", rules: null };
      const own = ownNetworks();
      const before = listing(nft);
      if (known !== null && rulesIn(before, guard, own) === known) return { guard: "intact", rules: known };
      // Putting the tables in place again empties their sets, which would break a visit in progress.
      const isVisiting = guard !== "reach" && before !== withoutVisits(before);
      const visits = isVisiting ? nft(["--json", "list", "set", "inet", GUARD_TABLE, VISITS]).stdout : "";
      const sealed = putWith(guard, own, markIn(before) ?? newMark(), renderOpenVisits(visits));
      if (!sealed) return { guard: "unsealed", rules: null };
      const after = listing(nft);
      // Neither a network connected in the meantime nor a visit in progress is a fault.
      const isSame = withoutOwn(withoutVisits(after)) === withoutOwn(withoutVisits(before));
      return { guard: isSame ? "intact" : "restored", rules: rulesIn(after, guard, own) };
    },

    remove() {
      apply(withoutGuard("inet"));
      tried(withoutGuard("netdev"));
    },
  };
}

/** Both tables, with the elements of their sets. One command for two families fails with nft 1.0.6. */
function listing(nft: GuardNft): string {
  return ["inet", "netdev"]
    .map((family) => nft(["--stateless", "list", "table", family, GUARD_TABLE]).stdout)
    .join("");
}

export const guardKeeper = createGuardKeeper((args, input = "") =>
  spawnSync("nft", args, { input, encoding: "utf8" }),
);

/**
 * Identifies the rules in a listing, and the networks that they need to fit. Null while a set has elements: somebody else may have added
 * them, and an open visit closes soon.
 */
function rulesIn(listing: string, guard: Guard, own: readonly OwnNetwork[]): string | null {
  if (listing !== withoutVisits(listing)) return null;
  const text = JSON.stringify([guard, own, withoutMark(listing)]);
  return createHash("sha256").update(text).digest("hex").slice(0, RULES_DIGITS);
}

/** 128 bits. */
const RULES_DIGITS = 32;

function ownNetworks(): OwnNetwork[] {
  return tailnetLikeNetworks(networkInterfaces(), [TAILNET_INTERFACE]);
}

/** Non-zero, because zero is every packet's default mark. */
function newMark(): number {
  return randomInt(1, 2 ** 32);
}

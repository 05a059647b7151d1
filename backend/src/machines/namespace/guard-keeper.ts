import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { networkInterfaces } from "node:os";
import { tailnetLikeNetworks } from "../../networks/own-networks.ts";
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
  withoutOwn,
} from "./guard.ts";

/**
 * State in which a guard was found.
 * - `restored`: it was missing or differed, and has been put in place.
 * - `unsealed`: the kernel has no rules for packets that leave by an interface.
 */
export type GuardState = "intact" | "restored" | "unsealed";

/** Puts and keeps the guard in this network namespace. Methods throw if the kernel accepts no rules at all. */
export interface GuardKeeper {
  put(guard: Guard): void;
  /** Restores the guard if it differs. Visitors' flows and our own visits continue. */
  hold(guard: Guard): GuardState;
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
  /** Omits the elements of its sets, because a visit in progress is no difference. */
  function listing(): string {
    return ["inet", "netdev"]
      .map((family) => nft(["--stateless", "--terse", "list", "table", family, GUARD_TABLE]).stdout)
      .join("");
  }

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
  function putWith(guard: Guard, mark: number, openVisits = ""): boolean {
    if (guard === "bare") return true;
    const reachTailnet = guard === "reach";
    const own = tailnetLikeNetworks(networkInterfaces(), [TAILNET_INTERFACE]);
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
    put: (guard) => void putWith(guard, newMark()),

    hold(guard) {
      if (guard === "bare") return "intact";
      const before = listing();
      // Putting the tables in place again empties their sets, which would break a visit in progress.
      const visits = renderOpenVisits(nft(["--json", "list", "set", "inet", GUARD_TABLE, VISITS]).stdout);
      const sealed = putWith(guard, markIn(before) ?? newMark(), guard === "reach" ? "" : visits);
      if (!sealed) return "unsealed";
      // A network connected in the meantime isn't a fault.
      return withoutOwn(listing()) === withoutOwn(before) ? "intact" : "restored";
    },

    remove() {
      apply(withoutGuard("inet"));
      tried(withoutGuard("netdev"));
    },
  };
}

export const guardKeeper = createGuardKeeper((args, input = "") =>
  spawnSync("nft", args, { input, encoding: "utf8" }),
);

/** Non-zero, because zero is every packet's default mark. */
function newMark(): number {
  return randomInt(1, 2 ** 32);
}

import { spawnSync } from "node:child_process";
import { REDIRECTS_LISTED, type Redirect, redirectsIn, renderRedirects } from "./forwards.ts";

/** The redirects in this network namespace. `put` throws when the kernel rejects the rules. */
export const redirectKeeper = {
  put(redirects: readonly Redirect[]): void {
    const { status, stderr } = nft(["-f", "-"], renderRedirects(redirects));
    if (status !== 0) throw new Error(stderr);
  },

  redirects(): Redirect[] {
    return redirectsIn(nft(REDIRECTS_LISTED).stdout ?? "");
  },

  /** A missing table, or a kernel without such rules, means no redirects. */
  remove(): void {
    if (redirectKeeper.redirects().length > 0) nft(["-f", "-"], renderRedirects([]));
  },
};

function nft(args: readonly string[], input = "") {
  return spawnSync("nft", args, { input, encoding: "utf8" });
}

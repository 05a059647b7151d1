import { type ActiveForward, type Forward, sameForwards } from "./data-plane.ts";
import { applyRules, listTable } from "./kernel-programs.ts";
import { parseListing, rulesIn, shapeOf } from "./rules/nft-json.ts";

/** The extension's table in the kernel. Notices when somebody else changes it. */
export class KernelTable {
  /** The number of rules that a complete table has. */
  readonly #ruleCount: number;
  /** The forwards of the last `replace`; null before the first. */
  #applied: readonly Forward[] | null = null;
  /** The kernel's listing at the first observation after that. */
  #shape: string | null = null;
  #replacing: Promise<unknown> = Promise.resolve();

  constructor(ruleCount: number) {
    this.#ruleCount = ruleCount;
  }

  /** The forwards of the last `replace`; null before the first. */
  forwards(): readonly Forward[] | null {
    return this.#applied;
  }

  /** See `DataPlane.observe`. */
  async observe(signal?: AbortSignal): Promise<ActiveForward[] | null> {
    const before = this.#applied;
    const known = this.#shape;
    const stdout = await listTable(signal);
    if (stdout === null) return null;
    // Somebody else changed the table, and no `replace` ran meanwhile: report null so that the caller rebuilds it.
    if (known !== null && known === this.#shape && shapeOf(stdout) !== known) return null;
    const forwards = parseListing(stdout);
    if (this.#shape === null && before !== null && before === this.#applied) {
      if (rulesIn(stdout) !== this.#ruleCount) return null;
      // No `replace` ran meanwhile and the forwards match, so this listing is the reference for later checks.
      if (sameForwards(before, forwards)) this.#shape = shapeOf(stdout);
    }
    return forwards;
  }

  /** Replaces the table by a script's rules, which have these forwards. */
  async replace(script: string, forwards: readonly Forward[], signal?: AbortSignal): Promise<void> {
    const work = this.#apply(script, forwards, signal);
    this.#replacing = work.catch(() => undefined);
    await work;
  }

  /** See `DataPlane.intact`. */
  async intact(signal?: AbortSignal): Promise<boolean> {
    for (;;) {
      const last = this.#replacing;
      await last;
      const before = this.#applied;
      const known = this.#shape;
      const stdout = await listTable(signal);
      // A `replace` ran meanwhile, so this listing is stale.
      if (this.#replacing !== last) continue;
      if (stdout === null) return false;
      if (known !== null) return shapeOf(stdout) === known;
      return (
        before === null || (rulesIn(stdout) === this.#ruleCount && sameForwards(before, parseListing(stdout)))
      );
    }
  }

  async #apply(script: string, forwards: readonly Forward[], signal?: AbortSignal): Promise<void> {
    this.#shape = null;
    await applyRules(script, signal);
    this.#applied = forwards;
    this.#shape = null;
  }
}

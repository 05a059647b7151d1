import { createHash } from "node:crypto";

/** A sequence of choices that a seed reproduces. */
export interface Random {
  /** A number from 0 to below `end`. */
  below(end: number): number;
  /** Returns true with this probability, from 0 to 1. */
  chance(share: number): boolean;
  /** Returns a random element. Throws `RangeError` for an empty list. */
  pick<T>(list: readonly T[]): T;
  shuffled<T>(list: readonly T[]): T[];
  /** A separate sequence from the same seed. Concurrent actions, or actions in an undefined order, must each draw from their own. */
  fork(purpose: string): Random;
}

/** The sequence of `seed` for `purpose`: one part's choices do not depend on which other parts run. */
export function createRandom(seed: number, purpose: string): Random {
  let state = createHash("sha256").update(`${seed} ${purpose}`).digest().readUInt32LE();

  /**
   * Mulberry32: 32 bits of state suffice, and the code is short. Source:
   * https://gist.github.com/tommyettinger/46a874533244883189143505d203312c
   */
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  const below = (end: number): number => Math.floor(next() * end);
  return {
    below,
    chance: (share) => next() < share,
    pick(list) {
      const index = below(list.length);
      if (index >= list.length) throw new RangeError("nothing to pick from");
      return list[index] as (typeof list)[number];
    },
    shuffled(list) {
      const rest = [...list];
      const result: typeof rest = [];
      while (rest.length > 0) result.push(...rest.splice(below(rest.length), 1));
      return result;
    },
    fork: (part) => createRandom(seed, `${purpose}, ${part}`),
  };
}

import { createHash } from "node:crypto";

/** A row of choices that a seed repeats. */
export interface Random {
  /** From 0 to below `end`. */
  below(end: number): number;
  /** True this often of 1. */
  chance(share: number): boolean;
  /** One of them. Throws `RangeError` where there is none. */
  pick<T>(list: readonly T[]): T;
  shuffled<T>(list: readonly T[]): T[];
  /** Another row, by the same seed: what happens at the same time, or in an order that nobody decides, draws from one each. */
  fork(purpose: string): Random;
}

/** What `seed` brings for `purpose`: one part's choices do not depend on which other parts run. */
export function createRandom(seed: number, purpose: string): Random {
  let state = createHash("sha256").update(`${seed} ${purpose}`).digest().readUInt32LE();

  /** Mulberry32: 32 bits of state are plenty, and no more code. Source: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
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

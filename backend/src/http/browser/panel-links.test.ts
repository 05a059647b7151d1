import { expect, test } from "vitest";
import { createOneTimeCodes } from "./one-time-codes.ts";
import { createLinks } from "./panel-links.ts";

test.each(["http://127.0.0.1:4180", "https://panel.example.com/", "http://localhost:8080"])(
  "a link to %s has a code in its fragment that signs in once",
  (address) => {
    const codes = createOneTimeCodes({ monotonic: () => 0 });
    const makeLink = createLinks(new URL(address), codes);
    const [one, other] = [new URL(makeLink()), new URL(makeLink())];
    expect(`${one.origin}${one.pathname}`).toBe(new URL(address).href);
    expect(one.hash).not.toBe(other.hash);
    const code = one.hash.slice(1);
    expect([codes.take(code), codes.take(code)]).toEqual([true, false]);
  },
);

import { expect, test } from "vitest";
import type { NetworkFacts } from "../../networks/facts.ts";
import { listedNetworks } from "../../networks/parse.ts";
import { attachment, container } from "../../testing.ts";
import { createNetworksLook } from "./networks.ts";

const signal = new AbortController().signal;
const on = (...names: string[]) =>
  container("web", { networks: names.map((name) => attachment(name, "172.18.0.5")) });

function world() {
  let presentNames = ["a", "b"];
  let fails = false;
  let asked = 0;
  let misses = 0;
  const missed = () => {
    misses += 1;
  };
  const engine = {
    networks: async () => {
      asked += 1;
      if (fails) throw new Error("away");
      return await Promise.resolve(listedNetworks(presentNames.map((name) => ({ Id: `id-of-${name}` }))));
    },
  };
  const look = createNetworksLook(engine, { missed });
  let networks: ReadonlyMap<string, NetworkFacts> = new Map();
  return {
    async see(...names: string[]) {
      networks = await look([on(...names)], networks, signal);
      return [...networks.keys()];
    },
    asked: () => asked,
    misses: () => misses,
    set: (names: string[]) => {
      presentNames = names;
    },
    break: (value: boolean) => {
      fails = value;
    },
  };
}

test("lists the networks once, and again when a container is on a new one", async () => {
  const { see, asked, set } = world();
  expect(await see("a")).toEqual(["id-of-a", "id-of-b"]);
  await see("a");
  expect(asked()).toBe(1);
  set(["a", "c"]);
  expect(await see("a", "c")).toEqual(["id-of-a", "id-of-c"]);
  expect(asked()).toBe(2);
});

test("asks once for a removed network that a stopped container still names", async () => {
  const { see, asked } = world();
  await see("gone");
  await see("gone");
  expect(asked()).toBe(1);
});

test("keeps the networks it knows while the engine cannot list them, and asks again", async () => {
  const { see, asked, misses, break: breakIt } = world();
  await see("a");
  breakIt(true);
  expect(await see("a", "c")).toEqual(["id-of-a", "id-of-b"]);
  expect(misses()).toBe(1);
  breakIt(false);
  await see("a", "c");
  expect(asked()).toBe(3);
});

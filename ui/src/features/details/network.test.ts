import { expect, it } from "vitest";
import { networkChoices, networkWords } from "./network.ts";

const network = { available: ["app", "proxy"], chosen: null, used: "app" };

it("offers a choice of networks only where there is more than one, or one was chosen that is gone", () => {
  expect(networkChoices(network)).toEqual(["app", "proxy"]);
  expect(networkChoices({ ...network, available: ["app"] })).toEqual([]);
  expect(networkChoices({ ...network, available: ["app"], chosen: "app" })).toEqual([]);
  expect(networkChoices({ ...network, available: ["app"], chosen: "old" })).toEqual(["app", "old"]);
});

it("says which network is used, and that the chosen one is gone", () => {
  expect(networkWords(network)).toBe("This node reaches the container on 'app'.");
  expect(networkWords({ ...network, chosen: "old" })).toBe(
    "The container is not on 'old'. This node reaches the container on 'app'.",
  );
  expect(networkWords({ ...network, chosen: "old", used: null })).toBe("The container is not on 'old'.");
  expect(networkWords({ ...network, used: null })).toBe("");
});

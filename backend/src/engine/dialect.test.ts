import { expect, test } from "vitest";
import { dialectOf } from "./dialect.ts";
import { VersionAnswer } from "./parse.ts";

const answer = (more: object) => VersionAnswer.parse({ Version: "1", ApiVersion: "1.41", ...more });

test("tells Podman from others by its first component", () => {
  const podman = answer({ Components: [{ Name: "Podman Engine", Version: "5.4.2" }, { Name: "Conmon" }] });
  expect(dialectOf(podman, "1.41")).toMatchObject({
    ...{ wayOutRule: "own-route", listIsWhole: false, eventsAreLate: true },
  });
  for (const Components of [undefined, null, [], "odd", [{ Name: "Engine" }, { Name: "Podman Engine" }]])
    expect(dialectOf(answer({ Components }), "1.41")).toMatchObject({
      wayOutRule: "order",
      listIsWhole: true,
    });
});

test("knows from Docker's API version how the default route is chosen", () => {
  const of = (api: string) => {
    const { wayOutRule, takesPriority } = dialectOf(answer({}), api);
    return { wayOutRule, takesPriority };
  };
  expect(of("1.41")).toEqual({ wayOutRule: "order", takesPriority: false });
  expect(of("1.47")).toEqual({ wayOutRule: "order", takesPriority: false });
  expect(of("1.48")).toEqual({ wayOutRule: "dual-stack", takesPriority: true });
  expect(of("1.51")).toEqual({ wayOutRule: "dual-stack", takesPriority: true });
  expect(of("1.52")).toEqual({ wayOutRule: "priority", takesPriority: true });
});

test("Docker puts a container into another's namespace by that one's ID", async () => {
  const inspect = async () => await Promise.reject(new Error("not asked"));
  expect(await dialectOf(answer({}), "1.41").namespaceMode("c".repeat(64), inspect)).toBe(
    `container:${"c".repeat(64)}`,
  );
});

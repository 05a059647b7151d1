import { expect, it, vi } from "vitest";
import { createFakeHost } from "../testing/fake-host.ts";
import { snapshot } from "../testing/fixtures.ts";
import { FIRST_CALL, withHeadStart } from "./head-start.ts";

function host() {
  const call = vi.fn(async (..._call: unknown[]): Promise<unknown> => `answer ${call.mock.calls.length}`);
  return { call, early: withHeadStart({ ...createFakeHost(snapshot({})), call }) };
}

it("has asked before anybody does, and hands that answer out once", async () => {
  const { call, early } = host();
  expect(call).toHaveBeenCalledTimes(1);
  expect(await early.call(FIRST_CALL)).toBe("answer 1");
  expect(call).toHaveBeenCalledTimes(1);
  expect(await early.call(FIRST_CALL)).toBe("answer 2");
});

it("leaves every other call alone", async () => {
  const { early } = host();
  expect(await early.call({ ...FIRST_CALL, path: "/snapshot?since=x" })).toBe("answer 2");
});

it("a first answer that fails is told to the one who asks", async () => {
  const call = vi.fn(async () => await Promise.reject(new Error("away")));
  const early = withHeadStart({ ...createFakeHost(snapshot({})), call });
  await expect(early.call(FIRST_CALL)).rejects.toThrow("away");
});

import { expect, test } from "vitest";
import { container, machineRuntime as runtime } from "../../testing.ts";
import { createNamespaceRunner, helperContainers, helperSpec } from "./namespace-runner.ts";

const target = { key: "00000000000000aa", targetId: "web" };
const signal = new AbortController().signal;

/** An engine that records its calls. `exec` is the result of running a program in a machine's container. */
function world(
  exec: () => Promise<{ code: number; output: string }>,
  ends = async () => await Promise.resolve(0),
) {
  const calls: string[] = [];
  const runner = createNamespaceRunner(
    {
      createOwn: async ({ networkOf, entrypoint, image }) => {
        calls.push(`create ${image} in ${networkOf}: ${entrypoint.at(-1)}`);
        return "helper";
      },
      startOwn: async (id) => void calls.push(`start ${id}`),
      waitForOwn: ends,
      ownOutput: async () => "[]",
      removeOwn: async (id) => void calls.push(`remove ${id}`),
      runInOwn: async (id, command) => {
        calls.push(`run in ${id}: ${command.at(-1)}`);
        return await exec();
      },
    },
    () => runtime,
  );
  return { runner, calls };
}

test("a helper that only looks has no capabilities", () => {
  expect(helperSpec(target, ["listening"], runtime).rights).toBe("none");
  expect(helperSpec(target, ["tidy"], runtime).rights).toBe("network");
});

test("helpers that a killed backend has left are found by their labels, those at work for somebody are left to them", () => {
  const { labels } = helperSpec(target, ["listening"], runtime);
  const left = container("left", { labels });
  const others = container("others", { labels: { ...labels, "tailnet-share.installation": "another" } });
  const found = [{ key: target.key, containerId: left.id }];
  expect(helperContainers([left, others, container("web")], runtime.installation)).toEqual(found);
  expect(helperContainers([left], runtime.installation, (key) => key === target.key)).toEqual([]);
});

const byHelper = [`create ${runtime.ownImage} in web: tidy`, "start helper", "remove helper"];

test("our own program runs in the machine's container", async () => {
  const { runner, calls } = world(async () => ({ code: 0, output: "" }));
  await runner.run({ ...target, containerId: "machine" }, ["tidy"], signal);
  expect(calls).toEqual(["run in machine: tidy"]);
});

test.each([
  ["has another image", async () => ({ code: 127, output: "not found" })],
  ["does not run", async () => await Promise.reject(new Error("is not running"))],
])("works beside a machine whose container %s", async (_which, exec) => {
  const { runner, calls } = world(exec);
  expect(await runner.run({ ...target, containerId: "machine" }, ["tidy"], signal)).toMatchObject({
    code: 0,
  });
  expect(calls).toEqual(["run in machine: tidy", ...byHelper]);
});

test("a helper is removed also when its end is not waited for", async () => {
  const stopped = async () => await Promise.reject(new Error("aborted"));
  const { runner, calls } = world(async () => ({ code: 0, output: "" }), stopped);
  await expect(runner.runHelper(target, ["tidy"])).rejects.toThrow("aborted");
  expect(calls).toEqual(byHelper);
});

test("a command that nobody waited for may still be at work in its container, until that is gone", async () => {
  const { runner } = world(async () => await Promise.reject(new Error("aborted")));
  expect(runner.mayBeAtWork("machine")).toBe(false);
  await runner.run({ ...target, containerId: "machine" }, ["hold", "guard"], signal);
  expect([runner.mayBeAtWork("machine"), runner.mayBeAtWork("other")]).toEqual([true, false]);
  runner.forget("machine");
  expect(runner.mayBeAtWork("machine")).toBe(false);
});

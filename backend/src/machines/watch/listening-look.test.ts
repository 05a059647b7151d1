import { AppError } from "@tailnet-share/contract/errors";
import { pino } from "pino";
import { expect, test } from "vitest";
import { connectedNode, container, createFakeClock, machineRuntime, observed } from "../../testing.ts";
import type { ContainerFacts } from "../../workloads/facts.ts";
import { noMachinesSeen } from "../observed-machines.ts";
import { createListeningLook } from "./listening-look.ts";
import type { ObservedMachine } from "./watch.ts";

const FOUND = '[{"port":8080,"protocol":"tcp","addresses":["0.0.0.0"]}]\n';
const listening = { listeners: [{ port: 8080, protocol: "tcp", addresses: ["0.0.0.0"] }], fault: null };

/** An engine with these containers that records its calls. `ends`: when a helper has ended, and with which code. */
function world(
  containers: readonly ContainerFacts[],
  {
    ends = async () => await Promise.resolve(0),
    exec = async () => await Promise.resolve({ code: 0, output: FOUND }),
    remove = async () => await Promise.resolve(),
    start = async () => await Promise.resolve(),
    machineOf,
  }: {
    ends?: () => Promise<number>;
    exec?: () => Promise<{ code: number; output: string }>;
    remove?: () => Promise<void>;
    start?: () => Promise<void>;
    machineOf?: string;
  } = {},
) {
  const calls: string[] = [];
  const keys: string[] = [];
  const clock = createFakeClock();
  const machine: ObservedMachine | null = machineOf === undefined ? null : machineIn(machineOf);
  const machines = { ...noMachinesSeen, runtime: machineRuntime, present: machine ? [machine] : [] };
  const found: string[] = [];
  const { look, caresFor } = createListeningLook({
    shares: () => [],
    onFound: (id, listeners) => found.push(`${id}: ${listeners.map(({ port }) => port).join()}`),
    engine: {
      createOwn: async ({ networkOf, labels }) => {
        calls.push(`create in ${networkOf}`);
        keys.push(labels["tailnet-share.machine"] ?? "");
        return await Promise.resolve(`helper-${calls.length}`);
      },
      startOwn: start,
      waitForOwn: ends,
      ownOutput: async () => await Promise.resolve(FOUND),
      removeOwn: async () => {
        calls.push("remove");
        await remove();
      },
      runInOwn: async (id) => {
        calls.push(`run in ${id}`);
        return await exec();
      },
    },
    surroundings: () => ({ ...observed(containers), machines }),
    clock,
    log: pino({ level: "silent" }),
  });
  return { look, caresFor, calls, keys, found, clock };
}

function machineIn(targetId: string): ObservedMachine {
  return {
    ...{ key: "00000000000000aa", containerId: "machine", run: "running", targetId },
    ...{ targetStartedAt: "", spec: "", tag: "", node: connectedNode, inspection: null, hangs: false },
    details: {
      version: null,
      health: [],
      deviceId: null,
      hostname: null,
      certDomains: [],
      capabilities: new Set(),
    },
  };
}

/** A promise to resolve by hand. */
function gate<T>() {
  let open: (value: T) => void = () => undefined;
  const opened = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

test("a helper in the container's network tells what listens, and is removed", async () => {
  const { look, calls } = world([container("web")]);
  expect(await look("name:web", 1_000)).toEqual(listening);
  expect(calls).toEqual(["create in id-of-web", "remove"]);
});

test("a machine that runs there is asked instead", async () => {
  const { look, calls, found } = world([container("web")], { machineOf: "id-of-web" });
  expect(await look("name:web", 1_000)).toEqual(listening);
  expect(calls).toEqual(["run in machine"]);
  // The row shows the same result, and tailscaled forwards accordingly.
  expect(found).toEqual(["machine: 8080"]);
});

test("a machine of another version than ours cannot be asked", async () => {
  const exec = async () => await Promise.resolve({ code: 127, output: "not found" });
  const { look, calls, found } = world([container("web")], { machineOf: "id-of-web", exec });
  expect(await look("name:web", 1_000)).toEqual(listening);
  expect(found).toEqual([]);
  expect(calls).toEqual(["run in machine", "create in id-of-web", "remove"]);
});

test("two who ask at once share a helper, and its answer is good for a few seconds more", async () => {
  const { look, calls, clock } = world([container("web")]);
  await Promise.all([look("name:web", 1_000), look("name:web", 1_000)]);
  await clock.advance(2_000);
  await look("name:web", 1_000);
  expect(calls).toEqual(["create in id-of-web", "remove"]);
  await clock.advance(2_000);
  await look("name:web", 1_000);
  expect(calls).toHaveLength(4);
});

test("containers that share one network share an answer", async () => {
  const sidecar = container("sidecar", { networkMode: { kind: "container", id: "id-of-web" } });
  const { look, calls } = world([container("web"), sidecar]);
  expect(await look("name:sidecar", 1_000)).toEqual(listening);
  expect(await look("name:web", 1_000)).toEqual(listening);
  expect(calls).toEqual(["create in id-of-web", "remove"]);
});

test("an engine that is slow is not waited for; the helper is removed when it has ended, and asked again", async () => {
  const { opened, open } = gate<number>();
  const { look, calls, clock } = world([container("web")], { ends: async () => await opened });
  const asked = look("name:web", 3_000);
  await clock.advance(3_000);
  expect(await asked).toMatchObject({ listeners: [], fault: { code: "ENGINE_UNREACHABLE" } });
  const again = look("name:web", 3_000);
  open(0);
  expect(await again).toEqual(listening);
  expect(calls).toEqual(["create in id-of-web", "remove"]);
});

test("no more than two helpers run at once, and all that asked are answered", async () => {
  const gates = Array.from({ length: 5 }, () => gate<number>());
  let ended = 0;
  const ends = async () => await (gates[ended++]?.opened ?? 0);
  const names = gates.map((_, index) => `web-${index}`);
  const { look, calls, clock } = world(
    names.map((name) => container(name)),
    { ends },
  );
  const answers = Promise.all(names.map(async (name) => await look(`name:${name}`, 1_000)));
  await clock.advance(0);
  expect(calls.filter((call) => call.startsWith("create"))).toHaveLength(2);
  for (const { open } of gates) open(0);
  expect(await answers).toEqual(names.map(() => listening));
});

test("cleaning up leaves a helper at work alone and removes one that could not be removed before", async () => {
  const fine = world([container("web")]);
  await fine.look("name:web", 1_000);
  expect(fine.keys.map(fine.caresFor)).toEqual([true]);
  const stays = world([container("web")], {
    remove: async () =>
      await Promise.reject(new AppError("ENGINE_REFUSED", "Docker Engine returned an error: busy")),
  });
  expect(await stays.look("name:web", 1_000)).toMatchObject({ fault: { code: "ENGINE_REFUSED" } });
  expect(stays.keys.map(stays.caresFor)).toEqual([false]);
});

test.each<[string, Partial<ContainerFacts>, string]>([
  ["that is stopped", { run: "stopped" }, "CONTAINER_NOT_RUNNING"],
  ["that keeps restarting", { run: "restarting" }, "CONTAINER_NOT_RUNNING"],
  ["on the network of the engine's host", { networkMode: { kind: "host" } }, "NO_NETWORK"],
  ["without a network", { networkMode: { kind: "none" } }, "NO_NETWORK"],
  ["in the network of one that is gone", { networkMode: { kind: "container", id: "gone" } }, "NO_NETWORK"],
  ["in a network that is its own", { networkMode: { kind: "container", id: "id-of-web" } }, "NO_NETWORK"],
])("of a container %s nothing is asked, and it is said why", async (_which, facts, code) => {
  const { look, calls } = world([container("web", facts)]);
  expect(await look("name:web", 1_000)).toMatchObject({ listeners: [], fault: { code } });
  expect(calls).toEqual([]);
});

test("a failed look is reported, and the next caller tries again", async () => {
  let refusals = 1;
  const start = async () => {
    if (refusals-- > 0) throw new AppError("ENGINE_REFUSED", "Docker Engine returned an error: it has ended");
    await Promise.resolve();
  };
  const { look, calls } = world([container("web")], { start });
  expect(await look("name:web", 1_000)).toMatchObject({ listeners: [], fault: { code: "ENGINE_REFUSED" } });
  expect(await look("name:web", 1_000)).toEqual(listening);
  expect(calls).toEqual(["create in id-of-web", "remove", "create in id-of-web", "remove"]);
});

test("a helper that fails is no list without ports", async () => {
  const { look } = world([container("web")], { ends: async () => await Promise.resolve(137) });
  expect(await look("name:web", 1_000)).toMatchObject({ listeners: [], fault: { code: "INTERNAL" } });
});

test("a workload that is not there is unknown", async () => {
  const { look } = world([container("web")]);
  await expect(look("name:db", 1_000)).rejects.toMatchObject({ code: "UNKNOWN_WORKLOAD" });
});

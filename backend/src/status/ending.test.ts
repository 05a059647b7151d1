import type { Fault } from "@tailnet-share/contract/errors";
import { expect, test } from "vitest";
import { machineContainers, machineSpec } from "../machines/container/container.ts";
import { noMachinesSeen } from "../machines/observed-machines.ts";
import type { ObservedMachine } from "../machines/watch/watch.ts";
import type { Observed } from "../reconcile/look/observe.ts";
import { resolveShares, wantedForwards } from "../reconcile/plan/resolve.ts";
import { noFaults, stepFaults } from "../reconcile/steps/step-faults.ts";
import { attachment, connectedNode, container, machineRuntime, observed, share } from "../testing.ts";
import { endingOf } from "./ending.ts";

const app = attachment("app", "172.18.0.9");
const web = container("web");
const forward = {
  protocol: "tcp" as const,
  nodePort: 80,
  address: "172.18.0.5",
  port: 80,
  traffic: { received: 0, sent: 0 },
};
const fault: Fault = { code: "DATAPLANE_FAILED", message: "no", hint: "" };

function ending(seen: Observed, shares = [] as ReturnType<typeof share>[], failures = noFaults) {
  const wanted = resolveShares(shares, seen).flatMap((resolved) => wantedForwards(resolved, "kernel"));
  return endingOf(web, wanted, { observed: seen, failures });
}

test("a container is shared no more only when no rule leads to it", () => {
  const seen = observed([web], { joined: [app], forwards: [forward] });
  expect(ending(seen)).toEqual({ fault: null });
  expect(ending({ ...seen, forwards: [] })).toBeNull();
  expect(ending({ ...seen, forwards: [{ ...forward, address: "172.18.0.6" }] })).toBeNull();
});

test("shows an ending share while the engine is away, also one on the host's network", () => {
  const away = { state: "unreachable" as const, fault };
  expect(ending(observed([web], { engine: away, self: null, forwards: [forward] }))).toEqual({ fault: null });
  const atHost = container("web", { networkMode: { kind: "host" }, networks: [] });
  const seen = observed([atHost], { forwards: [{ ...forward, address: "172.30.0.1" }] });
  expect(endingOf(atHost, [], { observed: seen, failures: noFaults })).toEqual({ fault: null });
});

test("a rule that another share wants is none of its own", () => {
  const seen = observed([web], { joined: [app], forwards: [forward] });
  expect(ending(seen, [share("web")])).toBeNull();
});

test("says why the rules could not be taken away", () => {
  const seen = observed([web], { joined: [app], forwards: [forward] });
  expect(ending(seen, [], stepFaults([{ step: { kind: "forward" }, fault }]))).toEqual({ fault });
});

test("a machine ends when its container is gone", () => {
  const { labels } = machineSpec(
    {
      key: "00000000000000aa",
      name: "web",
      targetId: web.id,
      targetStartedAt: "first",
      reachTailnet: false,
      tag: "",
    },
    machineRuntime,
  );
  const own = container("m", { labels, networkMode: { kind: "container", id: web.id } });
  const present = machineContainers([own], machineRuntime.installation).map(
    (observedMachine): ObservedMachine => ({
      ...observedMachine,
      node: connectedNode,
      details: {
        version: "1",
        health: [],
        deviceId: "7",
        hostname: "web",
        certDomains: [],
        capabilities: new Set(),
      },
      inspection: null,
      hangs: false,
    }),
  );
  const seen = observed([web], { machines: { ...noMachinesSeen, present } });
  expect(ending(seen)).toEqual({ fault: null });
  expect(
    ending(seen, [], stepFaults([{ step: { kind: "machine-stop", key: "00000000000000aa" }, fault }])),
  ).toEqual({ fault });
});

import type { Fault } from "@tailnet-share/contract/errors";
import { expect, test } from "vitest";
import type { Step, StepId } from "./step.ts";
import { noFaults, stepFaults } from "./step-faults.ts";

const fault = (message: string): Fault => ({ code: "INTERNAL", message, hint: "" });
const key = "0123456789abcdef";

/** One step of every kind; the compiler finds a missing one. */
const IDS: { [K in Step["kind"]]: Extract<StepId, { kind: K }> } = {
  rebind: { kind: "rebind", workload: "name:web" },
  expire: { kind: "expire", workload: "name:web" },
  join: { kind: "join", networkId: "app" },
  leave: { kind: "leave", networkId: "app" },
  forward: { kind: "forward" },
  "end-flows": { kind: "end-flows" },
  serve: { kind: "serve" },
  "node-adjust": { kind: "node-adjust" },
  certificate: { kind: "certificate", host: "docker.tail.test" },
  "machine-fetch": { kind: "machine-fetch", key: "image:stable" },
  "machine-start": { kind: "machine-start", key },
  "machine-stop": { kind: "machine-stop", key },
  "machine-login": { kind: "machine-login", key },
  "machine-adjust": { kind: "machine-adjust", key },
  "machine-note": { kind: "machine-note", key },
  "machine-look": { kind: "machine-look", key },
  "machine-serve": { kind: "machine-serve", key },
  "machine-certificate": { kind: "machine-certificate", key },
  "machine-retire": { kind: "machine-retire", key },
  "machine-forget": { kind: "machine-forget", key },
};
const steps: StepId[] = Object.values(IDS);

test.each(steps.map((step) => [step.kind, step] as const))(
  "the fault of a step of the kind '%s' is found by its kind and subject, and by no other step",
  (kind, step) => {
    const faults = stepFaults([{ step, fault: fault("no") }]);
    expect(steps.filter((other) => faults.of(other) !== undefined)).toEqual([step]);
    expect(faults.of({ ...step })).toEqual(fault("no"));
    expect(faults.ofKind(kind)).toEqual([fault("no")]);
    expect(noFaults.of(step)).toBeUndefined();
  },
);

test("a fault belongs to one subject; a step's other fields don't matter", () => {
  const faults = stepFaults([
    { step: { kind: "join", networkId: "a" }, fault: fault("a") },
    { step: { kind: "join", networkId: "b" }, fault: fault("b") },
    { step: { kind: "leave", networkId: "a" }, fault: fault("leave") },
  ]);
  const neighbours = { asked: [], held: [], waiting: 0 };
  const step: Step = { kind: "join", networkId: "b", networkName: "app", refusal: null, neighbours };
  expect(faults.of(step)).toEqual(fault("b"));
  expect(faults.of({ kind: "join", networkId: "c" })).toBeUndefined();
  expect(faults.ofKind("join")).toEqual([fault("a"), fault("b")]);
});

test("a later fault of a step replaces its earlier one", () => {
  const step = { kind: "serve" as const };
  const faults = stepFaults([
    { step, fault: fault("first") },
    { step, fault: fault("second") },
  ]);
  expect([faults.of(step), faults.ofKind("serve")]).toEqual([fault("second"), [fault("second")]]);
});

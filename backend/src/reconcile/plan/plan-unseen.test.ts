import { AppError } from "@tailnet-share/contract/errors";
import { expect, test } from "vitest";
import type { StoredShare } from "../../shares/stored-share.ts";
import { attachment, container, desired, observed, share } from "../../testing.ts";
import type { Observed } from "../look/observe.ts";
import { plan } from "./plan.ts";

const active = {
  ...{ protocol: "tcp" as const, nodePort: 80, address: "172.18.0.5", port: 80 },
  traffic: { received: 0, sent: 0 },
};
const app = attachment("app", "172.18.0.9");
const steps = (shares: StoredShare[], seen: Observed) => plan(desired(shares), seen, "kernel");

test("does nothing while the engine is away: what was set up goes on working", () => {
  const fault = { code: "ENGINE_UNREACHABLE" as const, message: "x", hint: "" };
  const seen = observed([], { engine: { state: "unreachable", fault }, forwards: [active] });
  expect(steps([share("web")], seen)).toEqual([]);
});

test("while the rules cannot be read, what is shared no more is withdrawn from what was read last", () => {
  const forwardsError = new AppError("DATAPLANE_FAILED", "unread");
  const seen = observed([container("web")], { joined: [app], forwards: [active], forwardsError });
  expect(steps([share("web")], seen)).toEqual([]);
  expect(steps([], seen)).toEqual([
    { kind: "forward", forwards: [], before: [active] },
    { kind: "end-flows", gone: [active] },
  ]);
});

test("while the engine is away, what is shared no more is withdrawn all the same", () => {
  const fault = { code: "ENGINE_UNREACHABLE" as const, message: "x", hint: "" };
  const other = { ...active, nodePort: 81 };
  const seen = observed([], { engine: { state: "unreachable", fault }, forwards: [active, other] });
  expect(steps([share("web")], seen)).toEqual([
    { kind: "forward", forwards: [active], before: [active, other] },
    { kind: "end-flows", gone: [other] },
  ]);
});

test("while the engine is away, a port that another share has got by now leads nowhere rather than to the one before", () => {
  const fault = { code: "ENGINE_UNREACHABLE" as const, message: "x", hint: "" };
  const containers = [container("web"), container("other", { networks: [attachment("app", "172.18.0.6")] })];
  const seen = observed(containers, {
    joined: [app],
    engine: { state: "unreachable", fault },
    forwards: [active],
  });
  expect(steps([share("other")], seen)).toEqual([
    { kind: "forward", forwards: [], before: [active] },
    { kind: "end-flows", gone: [active] },
  ]);
  expect(steps([share("web")], seen)).toEqual([]);
});

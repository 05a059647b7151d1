import type { Fault } from "@tailnet-share/contract/errors";
import type { NodeState } from "@tailnet-share/contract/node";
import { describe, expect, it } from "vitest";
import type { ControlTrouble } from "../../control/trouble.ts";
import { connectedNode, createFakeClock } from "../../testing.ts";
import { createMachineLogIn } from "./log-in.ts";

const UNREACHABLE: Fault = { code: "CONTROL_UNREACHABLE", message: "does not answer", hint: "" };
const UNKNOWN: Fault = { code: "CONTROL_NAME_UNKNOWN", message: "DNS does not know it", hint: "" };
const REFUSED: Fault = { code: "AUTH_KEY_REFUSED", message: "refused", hint: "" };

interface World {
  /** Fault in the machine's tailscaled state. */
  fault: Fault | null;
  /** Result of a probe from the machine's network. */
  foundInside: ControlTrouble | null;
  nodeHears: boolean;
}

/** A login's outcome within `ms`, its duration, and the number of probes from inside. */
async function loggingIn({ fault, foundInside, nodeHears }: World, comesUpAfter = Number.POSITIVE_INFINITY) {
  const clock = createFakeClock();
  const beganAt = clock.now();
  let looks = 0;
  const logIn = createMachineLogIn({
    credentials: { authKey: async () => await Promise.resolve("key") },
    keptDevices: { get: async () => await Promise.resolve(null) },
    controlUrl: () => "https://control.example",
    home: () => null,
    nodeHears: () => nodeHears,
    lookFromInside: async () => {
      looks += 1;
      return await Promise.resolve(foundInside);
    },
    clock,
  });
  const node = {
    login: async () => await Promise.resolve(),
    state: (): NodeState =>
      clock.now() - beganAt >= comesUpAfter ? connectedNode : { state: "logged-out", login: null, fault },
  };
  let end: { code: string; message: string; afterMs: number } | "in" | null = null;
  logIn(node, { key: "0123456789abcdef", name: "web" }, new AbortController().signal).then(
    () => {
      end = "in";
    },
    (error: { fault: Fault }) => {
      end = { ...error.fault, afterMs: clock.now() - beganAt };
    },
  );
  for (let turn = 0; turn < 2_100 && end === null; turn += 1) await clock.advance(10);
  return { end: end as { code: string; message: string; afterMs: number } | "in" | null, looks };
}

describe("a machine's log-in", () => {
  it.each([
    [
      "tailscaled says so",
      UNREACHABLE,
      "unreachable",
      "NETWORK_CUT_OFF",
      "This container's network cannot reach",
    ],
    ["packets vanish", null, "unreachable", "NETWORK_CUT_OFF", "This container's network cannot reach"],
    ["its DNS is dead", null, "unknown-name", "CONTROL_NAME_UNKNOWN", "This container's DNS does not know"],
    [
      "tailscaled names its DNS",
      UNKNOWN,
      "unknown-name",
      "CONTROL_NAME_UNKNOWN",
      "This container's DNS does not know",
    ],
    ["TLS is intercepted there", null, "untrusted-certificate", "CONTROL_CERTIFICATE", "is not trusted"],
    [
      "something else answers there",
      null,
      "not-a-control-server",
      "NOT_A_CONTROL_SERVER",
      "is no control server",
    ],
  ] as const)(
    "blames its container's network, not the key, when %s",
    async (_case, fault, foundInside, code, words) => {
      const { end } = await loggingIn({ fault, foundInside, nodeHears: true });
      expect(end).toMatchObject({ code, message: expect.stringContaining(words) });
      expect(end).toMatchObject({ message: expect.stringContaining("control.example") });
    },
  );

  it("reports an unreachable control server early, after one probe", async () => {
    const { end, looks } = await loggingIn({ fault: null, foundInside: "unreachable", nodeHears: true });
    expect(end).toMatchObject({ code: "NETWORK_CUT_OFF" });
    expect(end === "in" ? 0 : end?.afterMs).toBeLessThan(5_000);
    expect(looks).toBe(1);
  });

  it("blames the control server when the node can't reach it either", async () => {
    const { end } = await loggingIn({ fault: UNREACHABLE, foundInside: "unreachable", nodeHears: false });
    expect(end).toMatchObject({ code: "CONTROL_UNREACHABLE", message: "does not answer" });
  });

  it("reports an unanswered login when the control server answers other requests", async () => {
    const { end } = await loggingIn({ fault: null, foundInside: null, nodeHears: true });
    expect(end).toMatchObject({ code: "CONTROL_UNREACHABLE" });
  });

  it("blames a refused key without probing", async () => {
    const { end, looks } = await loggingIn({ fault: REFUSED, foundInside: "unreachable", nodeHears: true });
    expect(end).toMatchObject({ code: "AUTH_KEY_REFUSED" });
    expect(looks).toBe(0);
  });

  it("succeeds when the login is slow", async () => {
    const { end } = await loggingIn({ fault: null, foundInside: null, nodeHears: true }, 15_000);
    expect(end).toBe("in");
  });
});

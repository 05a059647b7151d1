import { expect, test } from "vitest";
import { attachment, container } from "../testing.ts";
import type { ContainerFacts } from "./facts.ts";
import { machineRefusalOf } from "./machine-refusal.ts";

const refusal = (
  container: ContainerFacts,
  { others = [], internal = [] }: { others?: ContainerFacts[]; internal?: string[] } = {},
) =>
  machineRefusalOf(container, {
    byId: new Map([container, ...others].map((c) => [c.id, c])),
    networks: new Map(internal.map((id) => [id, { internal: true }])),
  });

test("a container on a bridge network can be a machine", () => {
  expect(refusal(container("web"))).toBeNull();
});

test("one on the host's network, on none or in another one's namespace cannot", () => {
  expect(refusal(container("web", { networkMode: { kind: "host" } }))?.code).toBe("NOT_A_MACHINE");
  expect(refusal(container("web", { networkMode: { kind: "none" } }))?.code).toBe("NOT_A_MACHINE");
  const owner = container("vpn");
  const member = container("web", { networkMode: { kind: "container", id: owner.id } });
  expect(refusal(member, { others: [owner] })).toMatchObject({
    message: "It uses the network of the container vpn.",
  });
  expect(refusal(member, { others: [{ ...owner, image: "pod" }] })).toMatchObject({
    message: "It is in the pod vpn.",
  });
});

test("one whose networks are all internal cannot; one way out is enough", () => {
  expect(refusal(container("web"), { internal: ["id-of-app"] })?.message).toContain("internal");
  const both = container("web", {
    networks: [attachment("app", "172.18.0.5"), attachment("out", "172.19.0.5")],
  });
  expect(refusal(both, { internal: ["id-of-app"] })).toBeNull();
});

test("a container with a tailscaled in its namespace cannot be a machine; our own machine does not count", () => {
  expect(refusal(container("ts", { image: "ghcr.io/tailscale/tailscale:latest" }))?.code).toBe(
    "TAILSCALED_PRESENT",
  );
  const web = container("web");
  const beside = (labels: Record<string, string>) =>
    container("sidecar", {
      image: "tailscale/tailscale:v1.102",
      networkMode: { kind: "container", id: web.id },
      labels,
    });
  expect(refusal(web, { others: [beside({})] })?.code).toBe("TAILSCALED_PRESENT");
  expect(refusal(web, { others: [beside({ "tailnet-share.role": "machine" })] })).toBeNull();
});

import { expect, test } from "vitest";
import { type HttpsSeen, noHttps } from "../https/https.ts";
import { plan } from "../reconcile/plan/plan.ts";
import { resolveShares } from "../reconcile/plan/resolve.ts";
import { noFaults, stepFaults } from "../reconcile/steps/step-faults.ts";
import { attachment, connectedNode, container, desired, observed, share } from "../testing.ts";
import { type ExposureContext, exposureOf } from "./exposure.ts";

const host = connectedNode.dnsName;
const shares = [share("web", { ports: [{ port: 80, protocol: "tcp", nodePort: 8443, https: true }] })];
const front = { nodePort: 8443, host, proxy: "http://172.30.0.2:8443" };
const ready: HttpsSeen = {
  ...noHttps,
  ...{ host, certifies: true, fronts: [front], certificate: { host, at: 0 } },
};
const forward = {
  ...{ protocol: "tcp" as const, nodePort: 8443, address: "172.18.0.5", port: 80, via: "172.30.0.2" },
  traffic: { received: 0, sent: 0 },
};
const seen = (https: HttpsSeen) =>
  observed([container("web")], { joined: [attachment("app", "172.18.0.9")], forwards: [forward], https });

function exposure(https: HttpsSeen, failures: ExposureContext["failures"] = noFaults) {
  const [resolved] = resolveShares(shares, seen(https));
  if (resolved === undefined) throw new Error("no share");
  return exposureOf(resolved, {
    ...{ observed: seen(https), node: connectedNode, mode: "kernel", failures },
    ...{ unanswered: new Map(), listeners: new Map() },
  });
}

test("a share with HTTPS is live only when tailscaled serves it and has the certificate", () => {
  expect(exposure(ready)).toMatchObject({ state: "live", endpoints: [{ address: `https://${host}:8443` }] });
  expect(exposure({ ...ready, fronts: [] })).toEqual({ state: "pending", progress: "Turning on HTTPS…" });
  expect(exposure({ ...ready, fronts: null })).toEqual({ state: "pending", progress: "Turning on HTTPS…" });
  expect(exposure({ ...ready, certificate: null })).toEqual({
    state: "pending",
    progress: "Getting a certificate…",
  });
});

test("names why there is no HTTPS: no certificates in the tailnet, the authority's limit, tailscaled's refusal", () => {
  const fault = (code: "CERTIFICATE_LIMITED" | "TAILSCALED_REFUSED") => ({ code, message: "m", hint: "h" });
  expect(exposure({ ...ready, certifies: false, fronts: [] })).toMatchObject({
    state: "failed",
    fault: { code: "HTTPS_NOT_READY" },
  });
  const limited = stepFaults([{ step: { kind: "certificate", host }, fault: fault("CERTIFICATE_LIMITED") }]);
  // Includes a front that had a certificate: tailscaled would not have requested another that early.
  for (const certificate of [null, ready.certificate])
    expect(exposure({ ...ready, certificate }, limited)).toMatchObject({
      state: "failed",
      fault: { code: "CERTIFICATE_LIMITED" },
    });
  const refused = stepFaults([{ step: { kind: "serve" }, fault: fault("TAILSCALED_REFUSED") }]);
  expect(exposure({ ...ready, fronts: [] }, refused)).toMatchObject({
    state: "failed",
    fault: { code: "TAILSCALED_REFUSED" },
  });
});

test("a port that turns to HTTPS leaves the kernel first, and one that turns back leaves tailscaled first", () => {
  const kinds = (wanted: typeof shares, https: HttpsSeen, forwards: (typeof forward)[]) => {
    const world = { ...seen(https), forwards };
    return plan(desired(wanted), world, "kernel").map(({ kind }) => kind);
  };
  const { via: _, ...plainForward } = forward;
  const plain = [share("web", { ports: [{ port: 80, protocol: "tcp", nodePort: 8443 }] })];
  expect(kinds(shares, ready, [forward])).toEqual([]);
  expect(kinds(shares, { ...ready, fronts: [] }, [plainForward as typeof forward])).toEqual([
    "forward",
    "serve",
    "end-flows",
  ]);
  expect(kinds(plain, ready, [forward])).toEqual(["serve", "forward", "end-flows"]);
});

test("is withdrawn from tailscaled when the share ends, its container stops, or the tailnet stops giving certificates", () => {
  const serves = (wanted: typeof shares, world: ReturnType<typeof seen>) =>
    plan(desired(wanted), world, "kernel").find(({ kind }) => kind === "serve");
  const gone = { kind: "serve", fronts: [] };
  expect(serves([], seen(ready))).toEqual(gone);
  expect(serves(shares, { ...seen(ready), containers: [container("web", { run: "stopped" })] })).toEqual(
    gone,
  );
  expect(serves(shares, seen({ ...ready, certifies: false }))).toEqual(gone);
  // While the engine is unreachable, a share in place stays, and an ended one goes.
  const away = { ...seen(ready), fresh: false };
  expect(serves(shares, away)).toBeUndefined();
  expect(serves([], away)).toEqual(gone);
});

test("without a TUN tailscaled connects to the container, and the plain forwarding leaves the port alone", () => {
  const world = { ...seen({ ...ready, fronts: [] }), forwards: [] };
  const steps = plan(desired(shares), world, "userspace");
  expect(steps).toEqual([
    { kind: "serve", fronts: [{ nodePort: 8443, host, proxy: "http://172.18.0.5:80" }] },
  ]);
});

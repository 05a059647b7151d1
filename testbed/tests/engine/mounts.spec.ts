import type { Fault } from "@tailnet-share/contract/errors";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Engine, openEngine } from "../../src/engine/engine.ts";
import { createSteps } from "../../src/lib/steps.ts";
import { type DocumentedRun, openDocumentedRun, type RunChange } from "../fixtures/documented-run.ts";

const SOCKET = "-v /var/run/docker.sock:/var/run/docker.sock";
const VOLUME = "-v tailnet-share-state:/var/lib/tailnet-share";

interface Case {
  readonly lacks: string;
  readonly change: RunChange;
  readonly code: Fault["code"];
  /** Parts of the message and of its hint. */
  readonly says: readonly [message: string, hint: string];
  /** Parts that work nevertheless. */
  readonly works: Partial<Record<"engine" | "node", string>>;
}

const CASES: readonly Case[] = [
  {
    lacks: "the engine's socket",
    change: { without: [SOCKET] },
    code: "ENGINE_UNREACHABLE",
    says: ["is not mounted", "-v /var/run/docker.sock:/var/run/docker.sock"],
    works: { node: "logged-out" },
  },
  {
    lacks: "the source of the engine's socket, for which the engine makes a folder",
    change: { without: [SOCKET], with: ["-v STATE:/var/run/docker.sock"] },
    code: "ENGINE_UNREACHABLE",
    says: ["/var/run/docker.sock is no socket", "DOCKER_SOCKET=/var/run/docker.sock"],
    works: { node: "logged-out" },
  },
  {
    lacks: "the TUN device",
    change: { without: ["--device /dev/net/tun"] },
    code: "NO_TUN",
    says: ["No TUN device", "--device /dev/net/tun"],
    works: { engine: "connected", node: "logged-out" },
  },
  {
    lacks: "the right NET_ADMIN",
    change: { without: ["--cap-add NET_ADMIN"] },
    code: "NO_TUN",
    says: ["lacks the right NET_ADMIN", "--cap-add NET_ADMIN"],
    works: { engine: "connected", node: "logged-out" },
  },
  {
    lacks: "the right NET_RAW",
    change: { without: ["--cap-add NET_RAW"] },
    code: "CONTAINER_INCOMPLETE",
    says: ["lacks the right NET_RAW", "--cap-add NET_RAW"],
    works: { engine: "connected", node: "logged-out" },
  },
  {
    lacks: "forwarding",
    change: { without: ["--sysctl net.ipv4.ip_forward=1"], with: ["--sysctl net.ipv4.ip_forward=0"] },
    code: "CONTAINER_INCOMPLETE",
    says: ["lacks IPv4 forwarding", "--sysctl net.ipv4.ip_forward=1"],
    works: { engine: "connected", node: "logged-out" },
  },
  {
    lacks: "tailscaled's folder",
    change: { without: ["--tmpfs /run/tailscale"] },
    code: "CONTAINER_INCOMPLETE",
    says: ["a writable /run/tailscale", "--tmpfs /run/tailscale"],
    works: { engine: "connected", node: "failed" },
  },
  {
    lacks: "the volume",
    change: { without: [VOLUME] },
    code: "STORE_NOT_KEPT",
    says: ["No volume is mounted at /var/lib/tailnet-share", "-v tailnet-share-state:/var/lib/tailnet-share"],
    works: { engine: "connected", node: "failed" },
  },
  {
    lacks: "the right to write into the volume",
    change: { without: [VOLUME], with: ["-v STATE:/var/lib/tailnet-share:ro"] },
    code: "STORE_UNWRITABLE",
    says: ["may not write into /var/lib/tailnet-share", "without ':ro'"],
    works: { engine: "connected" },
  },
];

/** Cases without a socket for `panel-link`, so that only the log has a link. */
const ONLY_LOGGED: readonly Pick<Case, "lacks" | "change" | "says">[] = [
  {
    lacks: "a folder for temporary files",
    change: { without: ["--tmpfs /tmp"] },
    says: ["a writable /tmp", "--tmpfs /tmp"],
  },
  {
    lacks: "a folder for its socket",
    change: { without: ["--tmpfs /run/guest-services"] },
    says: ["a writable /run/guest-services", "--tmpfs /run/guest-services"],
  },
];

function faultsIn({ engine, dataPlane, alerts }: Snapshot): readonly Fault[] {
  const ofEngine = engine.state === "unreachable" ? [engine.fault] : [];
  return [...ofEngine, ...(dataPlane.fault === null ? [] : [dataPlane.fault]), ...alerts];
}

describe("a container that was created without something", () => {
  let engine: Engine;
  let run: DocumentedRun;

  beforeAll(async () => {
    engine = await openEngine(createSteps(() => {}));
    run = await openDocumentedRun(engine);
  });
  afterAll(async () => await run?.close());

  const complete = (snapshot: Snapshot): boolean =>
    snapshot.engine.state === "connected" &&
    snapshot.dataPlane.mode === "kernel" &&
    snapshot.node.state === "logged-out" &&
    faultsIn(snapshot).length === 0;

  it.each(CASES)(
    "lacks $lacks: says so, works as far as it can, and in full once it is there",
    async (it) => {
      const { change, code, says, works } = it;
      const { api } = await run.start(change);
      const [message, hint] = says;
      const snapshot = await api.waitFor(`the fault ${code}`, (found) => {
        const states = { engine: found.engine.state, node: found.node.state };
        const asFarAsItCan = Object.entries(works).every(
          ([part, state]) => states[part as keyof typeof states] === state,
        );
        return asFarAsItCan && faultsIn(found).some((fault) => fault.code === code) ? found : null;
      });
      const fault = faultsIn(snapshot).find((found) => found.code === code);
      expect(fault).toMatchObject({
        message: expect.stringContaining(message),
        hint: expect.stringContaining(hint),
      });
      await (await run.start()).api.waitFor("everything", complete);
    },
  );

  it.each(ONLY_LOGGED)(
    "lacks $lacks: says so, and the link in its log opens the panel",
    async ({ change, says }) => {
      const { backend } = await run.create(change);
      await expect.poll(async () => await backend.logs(), { timeout: 10_000 }).toContain("Open the panel: ");
      const log = await backend.logs();
      const line = log.split("\n").find((each) => each.includes("mounts.missing")) ?? "";
      for (const words of ["CONTAINER_INCOMPLETE", ...says]) expect(line).toContain(words);
      const link = /Open the panel: (\S+)/.exec(log)?.[1] ?? "";
      expect((await fetch(link)).status).toBe(200);
    },
  );
});

import { SECRET_HEADER } from "@tailnet-share/contract/access";
import { Health, Logs } from "@tailnet-share/contract/operations";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import type { FaultyEngine } from "../../src/engine/faulty-engine.ts";
import { waitFor } from "../../src/lib/wait-for.ts";
import { metricValue } from "../fixtures/metrics.ts";
import { openBedWithFaultyEngine } from "../fixtures/open-bed.ts";
import { liveAddress, reaches, shareSample } from "../fixtures/visits.ts";

const LINE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (INFO |WARN ) [a-z-]+\.[a-z-]+: [a-z].*$/;

describe("the backend's health, logs and metrics", () => {
  let bed: Bed;
  let engineSocket: FaultyEngine;
  let address: string;

  beforeAll(async () => {
    ({ bed, engineSocket } = await openBedWithFaultyEngine({}, { healthSeconds: 1 }));
    await bed.login();
    address = await shareSample(bed, `op-web-${bed.id}`);
  });
  afterAll(async () => await bed?.close());

  const workload = () => `name:op-web-${bed.id}`;
  const inBackend = async (...argv: string[]) => await bed.desktop.backend.exec(argv);

  async function health(): Promise<{ status: number; failing: string[]; details: string }> {
    const { status, body } = await bed.desktop.page.request({ method: "GET", url: "/health" });
    const { ok, hops } = Health.parse(JSON.parse(body));
    expect(ok).toBe(status === 200);
    const failing = hops.filter((hop) => !hop.ok);
    return {
      status,
      failing: failing.map(({ hop }) => hop),
      details: failing.map(({ detail }) => detail).join(),
    };
  }

  const becomes = async (status: number) =>
    await waitFor(async () => (await health()).status === status, {
      what: `health ${status}`,
      timeoutMs: 20_000,
    });

  /** The result of the image's own health check, as the engine runs it. */
  async function check() {
    const [, ...test] = JSON.parse(
      await bed.engine.docker([
        "inspect",
        "-f",
        "{{json .Config.Healthcheck.Test}}",
        bed.desktop.backend.containerId,
      ]),
    ) as string[];
    return await inBackend(...test);
  }

  const value = async (name: string, labels?: Record<string, string>) => await metricValue(bed, name, labels);

  /** Changes the rules until health reports it, because the loop may repair them in between. */
  async function untilUnhealthy(...change: string[]): Promise<void> {
    await expect
      .poll(async () => {
        await inBackend("nft", ...change);
        return await health();
      })
      .toMatchObject({ status: 503, failing: ["data-plane"] });
  }

  describe("the health check", () => {
    it("passes while everything works", async () => {
      await becomes(200);
      expect(await check()).toMatchObject({ code: 0, stdout: "All is well.\n" });
    });

    it("fails when the engine is gone, as does the image's check", async () => {
      engineSocket.set({ kind: "refuse" });
      try {
        expect(await health()).toMatchObject({ status: 503, failing: ["engine"] });
        expect(await check()).toMatchObject({
          code: 1,
          stdout: expect.stringContaining("engine: Can't reach Docker Engine"),
        });
      } finally {
        engineSocket.set({ kind: "pass" });
      }
      await becomes(200);
    });

    it("fails within seconds when the engine hangs", async () => {
      engineSocket.set({ kind: "hang" });
      try {
        expect(await health()).toMatchObject({
          status: 503,
          failing: ["engine"],
          details: expect.stringContaining("3 seconds"),
        });
      } finally {
        engineSocket.set({ kind: "pass" });
      }
      await becomes(200);
    });

    it("fails when tailscaled hangs", async () => {
      const pids = await bed.desktop.backend.pidsOf("tailscaled");
      expect(pids).toHaveLength(1);
      for (const pid of pids) process.kill(pid, "SIGSTOP");
      try {
        // Without tailscaled, the connection to the control server is unknown.
        expect(await health()).toMatchObject({ status: 503, failing: ["tailscaled", "tailnet"] });
      } finally {
        for (const pid of pids) process.kill(pid, "SIGCONT");
      }
      await becomes(200);
    });

    it("fails while the kernel has an unexpected rule, until the rules are restored automatically", async () => {
      await untilUnhealthy("add", "rule", "inet", "tailnet_share", "arriving", "accept");
      await becomes(200);
    });

    it("fails while a rule is missing", async () => {
      await untilUnhealthy("flush", "chain", "inet", "tailnet_share", "forwarding");
      await becomes(200);
    });

    it("fails while the volume cannot be written", async () => {
      const evaluate = async (code: string) => await inBackend("node", "-e", code);
      // The engine's own health check may have its file there at this moment.
      await evaluate(
        "for (;;) try { require('fs').mkdirSync('/var/lib/tailnet-share/.health'); break } catch (e) { if (e.code !== 'EEXIST') throw e }",
      );
      expect(await health()).toMatchObject({
        status: 503,
        failing: ["store"],
        details: expect.stringContaining("EISDIR"),
      });
      await evaluate("require('fs').rmdirSync('/var/lib/tailnet-share/.health')");
      await becomes(200);
    });

    it("fails while the control server is gone and recovers with it, and the engine reports both", async () => {
      const state = async () =>
        await bed.engine.docker([
          ...["inspect", "-f", "{{.State.Health.Status}}", bed.desktop.backend.containerId],
        ]);
      const options = { timeout: 40_000, interval: 250 };
      await expect.poll(state, options).toBe("healthy");
      await bed.tailnet.control.stop();
      try {
        await expect.poll(state, options).toBe("unhealthy");
        expect(await health()).toMatchObject({ status: 503, failing: ["tailnet"] });
      } finally {
        await bed.tailnet.control.start();
      }
      await expect.poll(state, options).toBe("healthy");
    });

    it("fails while a debugger has stopped the backend", async () => {
      const [pid = 0] = await bed.desktop.backend.pidsOf("node");
      process.kill(pid, "SIGSTOP");
      try {
        expect(await check()).toMatchObject({ code: 1, stdout: "The backend does not answer.\n" });
      } finally {
        process.kill(pid, "SIGCONT");
      }
      await becomes(200);
    });
  });

  describe("the logs", () => {
    it("are readable: each line has a time, a level, an event and words", async () => {
      const lines = (await bed.desktop.backend.logs()).trim().split("\n");
      for (const line of lines) expect(line).toMatch(LINE);
      const events = lines.map((line) => line.split(" ").filter(Boolean)[2]);
      for (const event of [
        "backend.started:",
        "node.changed:",
        "share.added:",
        "step.done:",
        "engine.changed:",
      ])
        expect(events).toContain(event);
    });

    it("include the backend's and tailscaled's in the API, without others' devices, addresses and links [S107]", async () => {
      const { backend, tailscaled } = Logs.parse(await bed.api.raw({ method: "GET", url: "/logs" }));
      expect(backend.join("\n")).toContain("share.added:");
      expect(tailscaled.length).toBeGreaterThan(10);
      const text = [...backend, ...tailscaled].join("\n");
      expect(text).not.toContain(bed.peer.address);
      expect(text).not.toMatch(/\bphone\b/);
      expect(text).not.toMatch(/nodekey:[0-9a-f]{8}|\/register\/|hskey-[a-z]+-\w/);
      expect(text).not.toMatch(/\b100\.64\.\d+\.\d+\b/);
      const diagnostics = await bed.api.diagnostics();
      expect(diagnostics.backendLog.length).toBeGreaterThan(5);
      expect(JSON.stringify(diagnostics)).not.toMatch(/\bphone\b/);
    });

    it("stay empty while nothing happens", async () => {
      const passes = async () => await value("tailnet_share_reconcile_seconds_count");
      await waitFor(
        async () => {
          const before = await bed.desktop.backend.logs();
          const first = await passes();
          await waitFor(async () => (await passes()) >= first + 2, { what: "two looks", timeoutMs: 40_000 });
          const after = await bed.desktop.backend.logs();
          if (after !== before) throw new Error(`it said ${after.slice(before.length)}`);
          return true;
        },
        { what: "a log that stays as it is", timeoutMs: 90_000 },
      );
    });
  });

  describe("the metrics", () => {
    it("count bytes through shares, and keep counting when rules are rewritten", async () => {
      const sent = async () => await value("tailnet_share_bytes_total", { direction: "sent" });
      const before = await sent();
      await reaches(bed.peer, address, "says hello");
      await waitFor(async () => (await sent()) > before, { what: "more bytes", timeoutMs: 20_000 });
      const then = await sent();
      await bed.api.deleteShare(workload());
      expect(await sent()).toBeGreaterThanOrEqual(then);
      await liveAddress(bed, workload(), await bed.api.putShare(workload()));
      expect(await sent()).toBeGreaterThanOrEqual(then);
    });

    it("count a step that fails", async () => {
      const failures = async () =>
        await value("tailnet_share_steps_total", { kind: "join", outcome: "failed" });
      const before = await failures();
      const network = `op-gone-${bed.id}`;
      await bed.engine.docker(["network", "create", network]);
      await bed.samples.start({ name: `op-gone-${bed.id}`, http: 8080, networks: [network] });
      const connect = engineSocket.hold("POST", /\/networks\/[0-9a-f]+\/connect$/);
      const sharing = bed.api.putShare(`name:op-gone-${bed.id}`);
      const { release } = await connect;
      // Removed between the plan and the call.
      await bed.samples.remove(`op-gone-${bed.id}`);
      await bed.engine.docker(["network", "rm", network]);
      release();
      await sharing;
      await waitFor(async () => (await failures()) > before, { what: "the failure", timeoutMs: 20_000 });
      await bed.api.deleteShare(`name:op-gone-${bed.id}`);
    });

    it("report shares, reconnects and restarts", async () => {
      expect(await value("tailnet_share_shares", { mode: "node", state: "live" })).toBe(1);
      expect(await value("tailnet_share_engine_reconnects_total")).toBeGreaterThan(0);
      expect(await value("tailnet_share_tailscaled_restarts_total")).toBe(0);
      expect(await value("process_resident_memory_bytes")).toBeGreaterThan(30e6);
      await bed.desktop.backend.kill("tailscaled");
      await waitFor(async () => (await value("tailnet_share_tailscaled_restarts_total")) === 1, {
        what: "a restart to be counted",
        timeoutMs: 20_000,
      });
    });

    it("have the content type that scrapers expect", async () => {
      const headers = JSON.stringify({
        host: "backend",
        [SECRET_HEADER]: await bed.desktop.backend.secret(),
      });
      const script = `require('http').get({socketPath:'/run/guest-services/backend.sock',path:'/metrics',headers:${headers}},(a)=>{console.log(a.headers['content-type']);a.resume()})`;
      const { stdout } = await inBackend("node", "-e", script);
      expect(stdout.trim()).toBe("text/plain; version=0.0.4; charset=utf-8");
    });
  });
});

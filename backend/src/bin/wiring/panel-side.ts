import { networkInterfaces } from "node:os";
import { dirname } from "node:path";
import { createApplication } from "../../application/application.ts";
import type { Application } from "../../application/dependencies.ts";
import { createBackups } from "../../backup/backups.ts";
import { createOwnDevices } from "../../check/own-devices.ts";
import { kernelEgress } from "../../engine/egress.ts";
import { createAccess } from "../../http/access/access.ts";
import { createPanelSecret } from "../../http/access/panel-secret.ts";
import { PANEL_SECRET_FILE } from "../../http/access/secret-file.ts";
import { type Served, serve } from "../../http/serve.ts";
import { createServer } from "../../http/server.ts";
import { speaksHttp } from "../../lib/net/speaks-http.ts";
import { createDiagnostics } from "../../operations/diagnostics.ts";
import { createHealth } from "../../operations/health/health.ts";
import { createProbes } from "../../operations/health/probes.ts";
import { createShownLogs, type ShownLogs } from "../../operations/log/shown-logs.ts";
import { createOperations } from "../../operations/operations.ts";
import { isReachable } from "../../ports/listener-addresses.ts";
import { createHearing } from "../../shares/hear.ts";
import { signOfLife } from "../../tailscale/daemon/pulse.ts";
import type { Basis } from "./basis.ts";
import { createBrowserSide } from "./browser-side.ts";
import type { EngineSide } from "./engine-side.ts";
import type { Feeds } from "./feed.ts";
import type { Stored } from "./stored.ts";
import type { TailnetSide } from "./tailnet-side.ts";

/** Everything that the server's routes lead to. */
interface Parts {
  basis: Basis;
  stored: Stored;
  tailnet: TailnetSide;
  engineSide: EngineSide;
  feeds: Feeds;
}

/** The servers with all routes, for the panel and for operators: on the socket, and for browsers if wanted. They don't listen yet. */
export async function createPanelSide(parts: Parts) {
  const { basis, stored, tailnet, engineSide, feeds } = parts;
  const { clock, log, meter, lastLines } = basis;
  const { secrets } = stored;
  const { localApi, node, daemon } = tailnet;
  const shownLogs = createShownLogs({
    backendLines: lastLines,
    tailscaledLines: daemon.lastLines,
    secrets: secrets.list,
    deviceNames: async () => (await localApi.devices()).map(({ name }) => name),
    ownName: () => node.details().hostname,
    clock,
  });
  const server = createServer(log, secrets);
  server.addHook("onRequest", await accessOf(parts));
  const served: Served = {
    ...createOperations({
      logs: shownLogs.logs,
      health: healthOf(parts),
      feed: feeds.panelFeed,
      loop: engineSide.loop,
      ...{ meter, clock },
    }),
    ...applicationOf(parts, shownLogs),
  };
  serve(server, served);
  return { server, browser: await createBrowserSide(parts, server, served) };
}

async function accessOf({ basis: { config, log }, engineSide }: Parts) {
  const { engine, ownContainerId } = engineSide;
  const socketFolder = dirname(config.apiSocket);
  return createAccess({
    secret: await createPanelSecret(PANEL_SECRET_FILE, (err) =>
      log.error({ event: "panel.secret-unwritten", err }, "nobody can read the panel's secret"),
    ),
    mayShareSocket: async () => await engine.mayShareMount(ownContainerId, socketFolder),
    log,
  });
}

function healthOf({ basis, stored, tailnet, engineSide }: Parts) {
  const { config, clock } = basis;
  const { localApi, dataPlane, node } = tailnet;
  const { loop, engine } = engineSide;
  const probes = createProbes({
    ...{ loop, engine, localApi, dataPlane, node, networkInterfaces, clock },
    stateDirectory: config.stateDirectory,
    storeFaults: stored.storeFaults,
    egress: kernelEgress,
    signOfLife: async (until) => await signOfLife(config.tailscaledSocket, until),
  });
  return createHealth(probes, clock);
}

function applicationOf(parts: Parts, shownLogs: ShownLogs): Application {
  const { basis, stored, tailnet, engineSide, feeds } = parts;
  const { clock, observation } = basis;
  const { observed } = observation;
  const { shares, settings, credentials, trust, sharesStore, identities } = stored;
  const { localApi, node, daemon, dataPlane } = tailnet;
  const { machines, tries, loop } = engineSide;
  return createApplication({
    ...{ shares, settings, credentials, node, loop, dataPlane, clock },
    feed: feeds.panelFeed,
    backups: createBackups({ shares, sharesStore, settings, identities, node, localApi, daemon, clock }),
    // tailscaled reads them only at its start, so restart it.
    async trusted() {
      if (await trust.apply()) await daemon.whileStopped(async () => await Promise.resolve());
    },
    devices: localApi.devices,
    keptDevices: machines.keptDevices,
    lookInto: machines.lookInto,
    listening: machines.listening,
    visitNode: machines.visitNode,
    hear: createHearing({
      observed,
      shares: shares.list,
      async listening(workload, ms) {
        const { listeners, fault } = await machines.listening(workload, ms);
        return {
          ports: listeners.filter(isReachable).map(({ port, protocol }) => ({ port, protocol })),
          fault,
        };
      },
      speaksHttp,
      clock,
    }),
    device: createOwnDevices({ node, observed, localApi, machineApi: machines.localApi, clock }),
    tries: tries.results,
    diagnostics: createDiagnostics({
      ...{ loop, shownLogs, clock },
      snapshot: feeds.feed.current,
      shares: shares.list,
      health: () => node.details().health,
    }),
  });
}

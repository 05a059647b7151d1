import "./close-node.ts";
import { networkInterfaces } from "node:os";
import pino from "pino";
import { createApplication } from "../application.ts";
import { createBackups } from "../backup/backups.ts";
import { createIdentityFiles } from "../backup/identities.ts";
import { createOwnDevices } from "../check/own-devices.ts";
import { readConfig } from "../config.ts";
import { askControl, probeControl as probeOnce } from "../control/probe.ts";
import { proxySecrets } from "../control/proxy.ts";
import { createSharedProbe } from "../control/shared-probe.ts";
import { createTrust } from "../control/trust.ts";
import { keepIpv6WayOut } from "../dataplane/ipv6-way-out.ts";
import { createKernelDataPlane } from "../dataplane/kernel.ts";
import { reportKernel } from "../dataplane/kernel-report.ts";
import { probeKernel } from "../dataplane/probe.ts";
import { trySilently } from "../dataplane/silent-try.ts";
import { createUserspaceDataPlane } from "../dataplane/userspace.ts";
import { cardOfWayOut, kernelEgress } from "../engine/egress.ts";
import { createEngine } from "../engine/engine.ts";
import { ownContainerId } from "../engine/self.ts";
import { serve } from "../http/serve.ts";
import { createServer, listen } from "../http/server.ts";
import { createHttps } from "../https/https.ts";
import { speaksTls } from "../https/speaks-tls.ts";
import { createChannel } from "../lib/channel.ts";
import { clockAheadBy, systemClock } from "../lib/clock.ts";
import { createSecrets } from "../lib/secrets.ts";
import { speaksHttp } from "../lib/speaks-http.ts";
import { createMachineCredentials } from "../machines/device/credentials.ts";
import { createTailscaleApi } from "../machines/device/tailscale-api.ts";
import { createMachines } from "../machines/machines.ts";
import { SHUTDOWN_MS } from "../machines/shutdown.ts";
import { kernelTalks } from "../networks/talks.ts";
import { createDiagnostics } from "../operations/diagnostics.ts";
import { createHealth } from "../operations/health.ts";
import { createLog } from "../operations/log.ts";
import { createMeter } from "../operations/meter.ts";
import { countingFeed, createAudience, createOperations } from "../operations/operations.ts";
import { createProbes } from "../operations/probes.ts";
import { createShownLogs } from "../operations/shown-logs.ts";
import { isReachable } from "../ports/places.ts";
import { createLoop } from "../reconcile/loop.ts";
import { createObservation } from "../reconcile/observation.ts";
import type { Cause } from "../reconcile/pace.ts";
import { frontTargets, resolveShares } from "../reconcile/resolve.ts";
import { runUntilStopped } from "../run.ts";
import { publicSettings } from "../settings.ts";
import { createHearing } from "../shares/hear.ts";
import { createShareService } from "../shares/service.ts";
import { imageFaults } from "../status/machine-exposure.ts";
import { buildSnapshot } from "../status/snapshot.ts";
import { createSnapshotFeed } from "../status/snapshot-feed.ts";
import { createTrafficCounter } from "../status/traffic.ts";
import { createTries } from "../status/tries.ts";
import { openStores } from "../stores.ts";
import { createDaemon } from "../tailscale/daemon/daemon.ts";
import { createPulse, signOfLife } from "../tailscale/daemon/pulse.ts";
import { createLocalApi } from "../tailscale/localapi/localapi.ts";
import { createDeviceNames } from "../tailscale/node/device-names.ts";
import { openFlowLogsNote } from "../tailscale/node/flow-logs-note.ts";
import { createTailnetNode } from "../tailscale/node/node.ts";

// The only place that builds real dependencies.
const config = readConfig(process.env);
const clock = config.clockAheadFile === null ? systemClock : clockAheadBy(config.clockAheadFile);
const output = pino.destination({ fd: 1, sync: true });
const { log, lastLines, conceal } = createLog({
  level: config.logLevel,
  format: config.logFormat,
  write: (line) => output.write(line),
});
// Last resort for uncaught exceptions: log (redacted) and exit; the engine restarts the container.
process.once("uncaughtException", (err) => {
  log.fatal({ event: "backend.crashed", err }, "the backend ends because of an unexpected error");
  process.exit(1);
});
const meter = createMeter();
const stopping = new AbortController();
const { signal } = stopping;
/** Time limit for a look at the listeners in a container. Milliseconds. */
const LOOK_MS = 10_000;
/** One deadline for all cleanup at the end. */
const lastCall = new AbortController();
signal.addEventListener("abort", () => setTimeout(() => lastCall.abort(), SHUTDOWN_MS).unref());
const { fault: noKernel, abilities, missing } = await probeKernel();
reportKernel({ fault: noKernel, missing }, log);
const localApi = createLocalApi(config.tailscaledSocket);
/** Wakes the loop. */
const wake = createChannel<Cause>();
const lookAgain = (): void => wake.send("event");
/** Builds the snapshot again. */
const redraw = createChannel<void>();
const observation = createObservation();
const { observed } = observation;
const audience = createAudience(meter, clock);
const { watched } = audience;
const dataPlane =
  noKernel === null ? createKernelDataPlane(abilities) : createUserspaceDataPlane(localApi, lookAgain);
const engine = createEngine(config.engineSocket, { onTold: lookAgain, clock, log });
const probeControl = createSharedProbe(probeOnce, clock);
const flowLogs = await openFlowLogsNote(`${config.stateDirectory}/flow-logs-profile`, log);
const node = createTailnetNode({ localApi, probeControl, askControl, watched, flowLogs, clock, log });
const names = createDeviceNames(localApi, clock);
const https = createHttps({ localApi, node, speaksTls, onChange: lookAgain, clock });
const stores = await openStores(config.stateDirectory, clock, log);
const { settings, installation } = stores;
const trust = createTrust({
  file: `${config.stateDirectory}/authorities.pem`,
  mounted: config.authoritiesFile,
  chosen: () => settings.get().authorities,
});
await trust.apply().catch((err: unknown) => {
  log.error({ event: "authorities.unread", err }, "the chosen certificate authorities could not be read");
});
const environment = { ...process.env, SSL_CERT_FILE: trust.file };
const daemon = createDaemon({
  mode: dataPlane.mode,
  socketPath: config.tailscaledSocket,
  stateDirectory: `${config.stateDirectory}/node`,
  environment,
  signOfLife: createPulse(config.tailscaledSocket).ask,
  ...{ watched, clock, log },
});
const credentials = createMachineCredentials({
  store: stores.credentials,
  apiFor: (oauth) => createTailscaleApi({ ...oauth, baseUrl: config.tailscaleApi, clock }),
});

const secrets = createSecrets(() => [...credentials.secrets(), ...proxySecrets(process.env)]);
conceal(secrets.list);

const shares = createShareService(stores.shares, observed, clock);
const ownId = await ownContainerId();
const machines = createMachines({
  ...{ engine, shares, credentials, node, installation, environment, probeControl, clock, log },
  settings: settings.get,
  runtime: () => observed().machines.runtime,
  surroundings: observed,
  identities: () => observed().machines.identities,
  watched,
  onChange: () => {
    redraw.send();
    wake.send("event");
  },
  ownContainerId: ownId,
  stateDirectory: config.stateDirectory,
  switches: config.tailscaleSwitches,
  authorities: trust.pem,
  tun: dataPlane.mode,
  lastCall: lastCall.signal,
});
const resolved = () => resolveShares(shares.list(), observed());
const tries = createTries({
  ...{ tryIt: trySilently, resolved, onAnswers: lookAgain, watched, clock },
  look: async (workload) => {
    const { listeners: found, fault } = await machines.listening(workload, LOOK_MS);
    return fault === null ? found : null;
  },
  refresh: redraw.send,
});
const loop = createLoop({
  ...{ observation, engine, dataPlane, clock, log, meter },
  ownContainerId: ownId,
  observeMachines: machines.observe,
  machines: machines.executors,
  observeHttps: https.observe,
  https: https.executors,
  learnNames: async (addresses) => {
    // Names and paths are only for display, and looking at paths takes longer in a larger tailnet.
    if (!watched()) return;
    const visitors = [...addresses];
    void node.lookAtPaths(visitors.length > 0).then((looked) => looked && redraw.send());
    await names.learn(visitors);
  },
  shares: shares.list,
  watched,
  rebind: shares.rebind,
  unshare: shares.remove,
  egress: kernelEgress,
  talks: kernelTalks,
  silent: tries.silent,
  onChange() {
    // Without a TUN, no rule keeps a probe from reaching the application.
    if (dataPlane.mode === "kernel") tries.see(observed().forwards);
    https.see(resolved().flatMap(frontTargets));
    tries.show();
  },
});
wake.connect(loop.trigger);
const traffic = createTrafficCounter(clock);
const feed = createSnapshotFeed(
  () =>
    buildSnapshot({
      observed: observed(),
      unread: engine.unreadContainers(),
      node: node.state(),
      accounts: node.accounts(),
      shares: shares.list(),
      failures: loop.failures(),
      ...tries.results(),
      visitor: (address) => ({ ...names.visitor(address), path: node.pathTo(address) }),
      traffic,
      dataPlane: { mode: dataPlane.mode, fault: noKernel, missing },
      alerts: [
        ...stores.faults(),
        ...node.alerts(),
        ...machines.retirementAlerts(loop.failures()),
        ...imageFaults(loop.failures()),
      ],
      settings: publicSettings(settings, credentials),
      versions: { backend: config.version, tailscale: node.details().version },
      updates: node.updates(),
    }),
  clock,
);
redraw.connect(feed.refresh);
const panelFeed = countingFeed(feed, audience);

const shownLogs = createShownLogs({
  backendLines: lastLines,
  tailscaledLines: daemon.lastLines,
  secrets: secrets.list,
  deviceNames: async () => (await localApi.devices()).map(({ name }) => name),
  ownName: () => node.details().hostname,
  clock,
});
const health = createHealth(
  createProbes({
    ...{ loop, engine, localApi, dataPlane, node, networkInterfaces, clock },
    stateDirectory: config.stateDirectory,
    storeFaults: stores.faults,
    egress: kernelEgress,
    signOfLife: async (until) => await signOfLife(config.tailscaledSocket, until),
  }),
  clock,
);
const server = createServer(log, secrets);
serve(server, {
  ...createOperations({ logs: shownLogs.logs, health, meter, feed: panelFeed, loop, clock }),
  ...createApplication({
    shares,
    settings,
    credentials,
    backups: createBackups({
      ...{ shares, settings, node, localApi, daemon, clock },
      sharesStore: stores.shares,
      identities: createIdentityFiles(config.stateDirectory),
    }),
    // tailscaled reads them only at its start, so restart it.
    trusted: async () => {
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
      listening: async (workload, ms) => {
        const { listeners: found, fault } = await machines.listening(workload, ms);
        return { ports: found.filter(isReachable).map(({ port, protocol }) => ({ port, protocol })), fault };
      },
      speaksHttp,
      clock,
    }),
    device: createOwnDevices({
      ...{ node, observed, localApi, machineApi: machines.localApi, clock },
    }),
    tries: tries.results,
    node,
    loop,
    feed: panelFeed,
    dataPlane,
    diagnostics: createDiagnostics({
      snapshot: feed.current,
      loop,
      shares: shares.list,
      health: () => node.details().health,
      shownLogs,
      clock,
    }),
    clock,
  }),
});
for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => stopping.abort());
await listen(server, config.apiSocket);
log.info({ event: "backend.started", mode: dataPlane.mode, version: config.version }, "started");

// The interface of the backend's own network. It never changes, because the IPv4 default route never moves.
const ownCard = dataPlane.mode === "kernel" ? await cardOfWayOut().catch(() => null) : null;
const ipv6Unkept = ownCard === null ? null : await keepIpv6WayOut(ownCard);
if (ipv6Unkept !== null)
  log.warn({ event: "egress.unkept", reason: ipv6Unkept }, "joined networks may carry IPv6 out");
// The node must be closed before it is on the tailnet. In userspace mode nothing listens that others could reach.
if (dataPlane.mode === "kernel") await dataPlane.replace([], [], signal);
await runUntilStopped(
  {
    ...{ daemon, node, loop, feed, tries, engine, machines, dataPlane },
    ...{ ownContainerId: ownId, meter, lastCall: lastCall.signal, clock, log },
  },
  signal,
);
await server.close();
log.info({ event: "backend.stopped" }, "stopped");
process.exit(0);

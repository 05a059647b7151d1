import "./closed-first.ts";
import { networkInterfaces } from "node:os";
import pino from "pino";
import { createApplication } from "./application.ts";
import { createBackups } from "./backup/backups.ts";
import { createIdentityFiles } from "./backup/identities.ts";
import { readConfig } from "./config.ts";
import { askControl, knock } from "./control/knock.ts";
import { proxySecrets } from "./control/proxy.ts";
import { createTrust } from "./control/trust.ts";
import { keepIpv6WayOut } from "./dataplane/ipv6-way-out.ts";
import { createKernelDataPlane } from "./dataplane/kernel.ts";
import { createListeners } from "./dataplane/listeners.ts";
import { probeKernel } from "./dataplane/probe.ts";
import { trySilently } from "./dataplane/silent-try.ts";
import { createUserspaceDataPlane } from "./dataplane/userspace.ts";
import { cardOfWayOut, kernelEgress } from "./docker/egress.ts";
import { createEngine } from "./docker/engine.ts";
import { ownContainerId } from "./docker/self.ts";
import { watchEngine } from "./docker/watch.ts";
import { addOperationsRoutes } from "./http/operations-routes.ts";
import { addRoutes } from "./http/routes.ts";
import { createServer, listen } from "./http/server.ts";
import { aborted } from "./lib/aborted.ts";
import { clockAheadBy, systemClock } from "./lib/clock.ts";
import { createSecrets } from "./lib/secrets.ts";
import { speaksHttp } from "./lib/speaks-http.ts";
import { createMachineCredentials } from "./machines/credentials.ts";
import { imageFaults } from "./machines/exposure.ts";
import { createMachines } from "./machines/machines.ts";
import { retirementFaults } from "./machines/retire.ts";
import { SHUTDOWN_MS } from "./machines/shutdown.ts";
import { createTailscaleApi } from "./machines/tailscale-api.ts";
import { kernelTalks } from "./networks/talks.ts";
import { createDiagnostics } from "./operations/diagnostics.ts";
import { createHealth, dataPlaneProbe, loopProbe } from "./operations/health.ts";
import { keepJournal } from "./operations/journal.ts";
import { createLog } from "./operations/log.ts";
import { createMeter, trafficCounters } from "./operations/meter.ts";
import { countingBoard, createOperations } from "./operations/operations.ts";
import { createShownLogs } from "./operations/shown-logs.ts";
import { storeProbe } from "./operations/store-probe.ts";
import { egressProbe, machinesProbe, tailnetProbe } from "./operations/tailnet-probes.ts";
import { isReachable } from "./ports/places.ts";
import { createRefusedLooks } from "./ports/refused-looks.ts";
import { type Board, createBoard } from "./reconcile/board.ts";
import type { OwnDevice } from "./reconcile/check-tailnet.ts";
import { refusedShares } from "./reconcile/exposure.ts";
import { leaveNetworks } from "./reconcile/leave-networks.ts";
import { createLoop } from "./reconcile/loop.ts";
import { resolveShares } from "./reconcile/resolve.ts";
import { buildSnapshot } from "./reconcile/snapshot.ts";
import { createTrafficCounter } from "./reconcile/traffic.ts";
import { publicSettings } from "./settings.ts";
import { createHearing } from "./shares/hear.ts";
import { createShareService } from "./shares/service.ts";
import { openStores } from "./stores.ts";
import { createDaemon } from "./tailscale/daemon.ts";
import { createDeviceNames } from "./tailscale/device-names.ts";
import { createLocalApi, signOfLife } from "./tailscale/localapi.ts";
import { createTailnetNode } from "./tailscale/node.ts";
import { askOthers } from "./tailscale/others.ts";

// The only place that builds real dependencies.
const config = readConfig(process.env);
const clock = config.clockAheadFile === null ? systemClock : clockAheadBy(config.clockAheadFile);
const output = pino.destination({ fd: 1, sync: true });
const { log, lastLines, conceal } = createLog({
  level: config.logLevel,
  format: config.logFormat,
  write: (line) => output.write(line),
});
// Whatever it is that nobody caught: told as everything else is, without secrets, and then the engine starts it again.
process.once("uncaughtException", (err) => {
  log.fatal({ event: "backend.crashed", err }, "the backend ends because of an unexpected error");
  process.exit(1);
});
const meter = createMeter();
const stopping = new AbortController();
const { signal } = stopping;
/** How long a look at what listens in a container may take. */
const LOOK_MS = 10_000;
/** One deadline for everything that is left to do at the end. */
const lastCall = new AbortController();
signal.addEventListener("abort", () => setTimeout(() => lastCall.abort(), SHUTDOWN_MS).unref());

const { fault: noKernel, abilities, missing } = await probeKernel();
if (noKernel !== null)
  log.warn(
    { event: "data-plane.fallback", reason: noKernel.message },
    "falling back to userspace networking",
  );
for (const { ability, cost } of missing)
  log.warn(
    { event: "data-plane.lacking", ability, cost },
    "the kernel lacks something that sharing can do without",
  );
const localApi = createLocalApi(config.tailscaledSocket);
const dataPlane =
  noKernel === null
    ? createKernelDataPlane(abilities)
    : createUserspaceDataPlane(localApi, () => loop.trigger("event"));
const engine = createEngine(config.engineSocket, { onTold: () => loop.trigger("event"), clock, log });
const node = createTailnetNode({ localApi, knock, askControl, clock, log });
const names = createDeviceNames(localApi, clock);
const stores = await openStores(config.stateDirectory, clock, log);
const { settings, installation } = stores;
const trust = createTrust({
  file: `${config.stateDirectory}/authorities.pem`,
  mounted: config.authoritiesFile,
  chosen: () => settings.get().authorities,
});
await trust.apply().catch((err: unknown) => {
  log.error({ event: "authorities.unread", err }, "authorities of one's own could not be trusted");
});
const environment = { ...process.env, SSL_CERT_FILE: trust.file };
const daemon = createDaemon({
  mode: dataPlane.mode,
  socketPath: config.tailscaledSocket,
  stateDirectory: `${config.stateDirectory}/node`,
  environment,
  signOfLife: async (until) => await signOfLife(config.tailscaledSocket, until),
  clock,
  log,
});
const credentials = createMachineCredentials({
  store: stores.credentials,
  apiFor: (oauth) => createTailscaleApi({ ...oauth, baseUrl: config.tailscaleApi, clock }),
});

const secrets = createSecrets(() => [...credentials.secrets(), ...proxySecrets(process.env)]);
conceal(secrets.list);

const shares = createShareService(stores.shares, () => loop.observed(), clock);
const ownId = await ownContainerId();
const machines = createMachines({
  engine,
  shares,
  credentials,
  node,
  installation,
  settings: settings.get,
  runtime: () => loop.observed().machines.runtime,
  surroundings: () => loop.observed(),
  watched: () => panelBoard.watched(),
  onChange: () => {
    board.refresh();
    loop.trigger("event");
  },
  ownContainerId: ownId,
  stateDirectory: config.stateDirectory,
  switches: config.tailscaleSwitches,
  authorities: trust.pem,
  environment,
  tun: dataPlane.mode,
  lastCall: lastCall.signal,
  clock,
  log,
});
const listeners = createListeners({
  tryIt: trySilently,
  onChange() {
    showTries();
    // Silence may be a reason to go by another network.
    loop.trigger("event");
  },
  clock,
});
const refusedLooks = createRefusedLooks({
  look: async (workload) => {
    const { listeners: found, fault } = await machines.listening(workload, LOOK_MS);
    return fault === null ? found : null;
  },
  onChange: () => board.refresh(),
  clock,
});
/** What came of trying the shared ports is shown, with the reasons as far as they are known. */
function showTries(): void {
  refusedLooks.see(refusedShares(resolveShares(shares.list(), loop.observed()), listeners.unanswered()));
  board.refresh();
}
const loop = createLoop({
  engine,
  dataPlane,
  ownContainerId: ownId,
  observeMachines: machines.observe,
  machines: machines.executors,
  learnNames: async (addresses) => {
    const visitors = [...addresses];
    await Promise.all([names.learn(visitors), node.lookAtPaths(visitors.length > 0)]);
  },
  shares: shares.list,
  watched: () => panelBoard.watched(),
  rebind: shares.rebind,
  unshare: shares.remove,
  egress: kernelEgress,
  talks: kernelTalks,
  silent: () =>
    new Set([...listeners.unanswered()].flatMap(([forward, answer]) => (answer === "none" ? [forward] : []))),
  onChange() {
    // Without a TUN no rule keeps a try from the application.
    if (dataPlane.mode === "kernel") listeners.see(loop.observed().forwards);
    showTries();
  },
  clock,
  log,
  meter,
});
const tries = () => ({ unanswered: listeners.unanswered(), listeners: refusedLooks.listeners() });
const traffic = createTrafficCounter(clock);
const board: Board = createBoard(
  () =>
    buildSnapshot({
      observed: loop.observed(),
      unread: engine.unreadContainers(),
      node: node.state(),
      accounts: node.accounts(),
      shares: shares.list(),
      failures: loop.failures(),
      ...tries(),
      visitor: (address) => ({ ...names.visitor(address), path: node.pathTo(address) }),
      traffic,
      dataPlane: { mode: dataPlane.mode, fault: noKernel, missing },
      alerts: [
        ...stores.faults(),
        ...node.alerts(),
        ...retirementFaults(loop.failures()),
        ...imageFaults(loop.failures()),
      ],
      settings: publicSettings(settings, credentials),
      versions: { backend: config.version, tailscale: node.details().version },
      updates: node.updates(),
    }),
  clock,
);

const panelBoard = countingBoard(board, meter, clock);

const shownLogs = createShownLogs({
  backendLines: lastLines,
  tailscaledLines: daemon.lastLines,
  secrets: secrets.list,
  deviceNames: async () => (await localApi.devices()).map(({ name }) => name),
  ownName: () => node.details().hostname,
  clock,
});
const health = createHealth(
  {
    loop: loopProbe(loop.lastPassEndedAt, clock),
    engine: async (until) => `Docker Engine ${(await engine.connect(until)).version} answers.`,
    tailscaled: async (until) => `tailscaled answers: ${(await localApi.status(until)).BackendState}.`,
    "data-plane": dataPlaneProbe(dataPlane),
    store: storeProbe(config.stateDirectory, stores.faults),
    egress: egressProbe(kernelEgress, () => loop.observed().self),
    tailnet: tailnetProbe(
      node.state,
      async (until) => await signOfLife(config.tailscaledSocket, until),
      dataPlane.mode,
      networkInterfaces,
    ),
    machines: machinesProbe(() => loop.observed().machines.present),
  },
  clock,
);
/** The control server's names for the devices that run here. */
const ownDevices = () =>
  new Set(
    [node.details(), ...loop.observed().machines.present.map(({ details }) => details)].flatMap(
      ({ deviceId }) => deviceId ?? [],
    ),
  );
const device = (machineKey: string | null): OwnDevice => {
  const api = machineKey === null ? localApi : machines.localApi(machineKey);
  return {
    packetFilter: async () => await api.packetFilter(),
    askOthers: async () => await askOthers(api, ownDevices(), clock),
  };
};
const server = createServer(log, secrets);
addOperationsRoutes(
  server,
  createOperations({ logs: shownLogs.logs, health, meter, snapshot: board.current, clock }),
);
addRoutes(
  server,
  createApplication({
    shares,
    settings,
    credentials,
    backups: createBackups({
      sharesStore: stores.shares,
      shares,
      settings,
      identities: createIdentityFiles(config.stateDirectory),
      node,
      localApi,
      daemon,
      clock,
    }),
    // tailscaled reads them once, at its start.
    trusted: async () => {
      if (await trust.apply()) await daemon.whileStopped(async () => await Promise.resolve());
    },
    devices: localApi.devices,
    keptDevices: machines.keptDevices,
    lookInto: machines.lookInto,
    listening: machines.listening,
    hear: createHearing({
      observed: loop.observed,
      shares: shares.list,
      listening: async (workload, ms) => {
        const { listeners: found, fault } = await machines.listening(workload, ms);
        return { ports: found.filter(isReachable).map(({ port, protocol }) => ({ port, protocol })), fault };
      },
      speaksHttp,
      clock,
    }),
    device,
    tries,
    node,
    loop,
    board: panelBoard,
    dataPlane,
    diagnostics: createDiagnostics({
      snapshot: board.current,
      loop,
      shares: shares.list,
      health: () => node.details().health,
      shownLogs,
      clock,
    }),
    clock,
  }),
);
for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => stopping.abort());
await listen(server, config.apiSocket);
log.info({ event: "backend.started", mode: dataPlane.mode, version: config.version }, "started");

// The own network's card, and it stays that: the IPv4 way out never moves.
const ownCard = dataPlane.mode === "kernel" ? await cardOfWayOut().catch(() => null) : null;
const ipv6Unkept = ownCard === null ? null : await keepIpv6WayOut(ownCard);
if (ipv6Unkept !== null)
  log.warn({ event: "egress.unkept", reason: ipv6Unkept }, "joined networks may carry IPv6 out");
// The node must be closed before it is on the tailnet. In userspace nothing listens that could be reached.
if (dataPlane.mode === "kernel") await dataPlane.replace([], [], signal);
const steps = loop.run(signal);
await Promise.all([
  daemon.supervise((event) => {
    if (event.kind === "daemon-starting") meter.tailscaledStarted();
    node.handle(event);
  }, signal),
  node.watch(() => {
    board.refresh();
    loop.trigger("user");
  }, signal),
  listeners.run(signal),
  refusedLooks.run(signal),
  watchEngine({ engine, clock, log }, loop.report, signal),
  keepJournal(
    board,
    {
      log,
      onSnapshot: (snapshot) => {
        meter.engineSeen(snapshot.engine.state);
        meter.trafficSeen(trafficCounters(loop.observed().forwards, snapshot));
      },
    },
    signal,
  ),
  // The extension may be on its way out, and then nobody else would.
  Promise.race([steps, aborted(signal)]).then(
    async () =>
      await Promise.all([
        machines.stop(steps),
        leaveNetworks({
          engine,
          dataPlane,
          ownContainerId: ownId,
          steps,
          lastCall: lastCall.signal,
          log,
        }),
      ]),
  ),
]);
await server.close();
log.info({ event: "backend.stopped" }, "stopped");
process.exit(0);

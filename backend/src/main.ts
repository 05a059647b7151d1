import { randomBytes } from "node:crypto";
import pino from "pino";
import { createApplication, publicSettings } from "./application.ts";
import { readConfig } from "./config.ts";
import { createKernelDataPlane } from "./dataplane/kernel.ts";
import { probeKernel } from "./dataplane/probe.ts";
import { createUserspaceDataPlane } from "./dataplane/userspace.ts";
import { createEngine } from "./docker/engine.ts";
import { defaultRoute, ownContainerId } from "./docker/self.ts";
import { watchEngine } from "./docker/watch.ts";
import { addRoutes } from "./http/routes.ts";
import { createServer, listen } from "./http/server.ts";
import { systemClock as clock } from "./lib/clock.ts";
import { CredentialsFile, createMachineCredentials } from "./machines/credentials.ts";
import { createMachines } from "./machines/machines.ts";
import { retirementFaults } from "./machines/retire.ts";
import { createTailscaleApi } from "./machines/tailscale-api.ts";
import { type Board, createBoard } from "./reconcile/board.ts";
import { createLoop } from "./reconcile/loop.ts";
import { buildSnapshot } from "./reconcile/snapshot.ts";
import { settingsMigrations, sharesMigrations } from "./shares/migrations.ts";
import { createShareService } from "./shares/service.ts";
import { SettingsFile, SharesFile } from "./shares/stored-share.ts";
import { openJsonStore } from "./store/json-store.ts";
import { createDaemon } from "./tailscale/daemon.ts";
import { createDeviceNames } from "./tailscale/device-names.ts";
import { createLocalApi } from "./tailscale/localapi.ts";
import { createTailnetNode } from "./tailscale/node.ts";

/** The name that the node asks for until the user chooses another. */
const DEFAULT_HOSTNAME = "docker";

// The only place that builds real dependencies.
const config = readConfig(process.env);
const log = pino({ level: config.logLevel, base: null });
const stopping = new AbortController();
const { signal } = stopping;

const missing = await probeKernel();
if (missing !== null) log.warn({ fault: missing }, "falling back to userspace networking");
const localApi = createLocalApi(config.tailscaledSocket);
const dataPlane = missing === null ? createKernelDataPlane() : createUserspaceDataPlane(localApi);
const engine = createEngine(config.engineSocket);
const node = createTailnetNode({ localApi, clock, log });
const names = createDeviceNames(localApi, clock);
const daemon = createDaemon({
  mode: dataPlane.mode,
  socketPath: config.tailscaledSocket,
  stateDirectory: `${config.stateDirectory}/node`,
  environment: process.env,
  isUp: async (until) => (await localApi.status(until)) !== null,
  clock,
  log,
});
const sharesStore = await openJsonStore<SharesFile>(
  `${config.stateDirectory}/shares.json`,
  SharesFile,
  { version: 2, shares: [], retiring: [] },
  clock,
  { migrations: sharesMigrations },
);
const settings = await openJsonStore<SettingsFile>(
  `${config.stateDirectory}/settings.json`,
  SettingsFile,
  {
    version: 2,
    controlUrl: "",
    hostname: DEFAULT_HOSTNAME,
    oneClick: "auto",
    machineTailscale: "",
    installation: "",
  },
  clock,
  { migrations: settingsMigrations },
);
// A volume that cannot be written must not keep the backend from starting; then the name lasts as long as the process.
const installation = settings.get().installation || randomBytes(16).toString("hex");
if (settings.get().installation !== installation)
  await settings.set({ ...settings.get(), installation }).catch((err: unknown) => {
    log.error({ err }, "the settings could not be stored");
  });
const credentialsStore = await openJsonStore<CredentialsFile>(
  `${config.stateDirectory}/credentials.json`,
  CredentialsFile,
  { version: 1, machine: { kind: "none" } },
  clock,
);
const credentials = createMachineCredentials({
  store: credentialsStore,
  apiFor: (oauth) => createTailscaleApi({ ...oauth, baseUrl: config.tailscaleApi, clock }),
});

const shares = createShareService(
  sharesStore,
  () => ({ ...loop.observed(), internalNetworks: loop.observed().machines.internalNetworks }),
  clock,
);
const ownId = await ownContainerId();
const machines = createMachines({
  engine,
  shares,
  credentials,
  node,
  installation,
  settings: settings.get,
  runtime: () => loop.observed().machines.runtime,
  onChange: () => {
    board.refresh();
    loop.trigger("hint");
  },
  ownContainerId: ownId,
  stateDirectory: config.stateDirectory,
  switches: config.tailscaleSwitches,
  environment: process.env,
  tun: dataPlane.mode,
  clock,
  log,
});
const loop = createLoop({
  engine,
  dataPlane,
  ownContainerId: ownId,
  observeMachines: machines.observe,
  machines: machines.executors,
  learnNames: names.learn,
  shares: shares.list,
  rebind: shares.rebind,
  unshare: shares.remove,
  egress: defaultRoute,
  onChange: () => board.refresh(),
  clock,
  log,
});
const board: Board = createBoard(
  () =>
    buildSnapshot({
      observed: loop.observed(),
      node: node.state(),
      accounts: node.accounts(),
      shares: shares.list(),
      failures: loop.failures(),
      visitor: names.visitor,
      dataPlane: { mode: dataPlane.mode, fault: missing },
      alerts: [
        ...[sharesStore, settings, credentialsStore].flatMap((store) => store.fault() ?? []),
        ...node.alerts(),
        ...retirementFaults(loop.failures()),
      ],
      settings: publicSettings(settings, credentials),
      versions: { backend: config.version, tailscale: node.details().version },
    }),
  clock,
);

const server = createServer(log);
addRoutes(
  server,
  createApplication({
    shares,
    settings,
    credentials,
    deviceNames: localApi.deviceNames,
    lookInto: machines.lookInto,
    node,
    loop,
    board,
    dataPlane,
    daemonLines: daemon.lastLines,
    clock,
  }),
);
for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => stopping.abort());
await listen(server, config.apiSocket);
log.info({ mode: dataPlane.mode, version: config.version }, "started");

// The node must be closed before it is on the tailnet. In userspace nothing listens that could be reached.
if (dataPlane.mode === "kernel") await dataPlane.replace([], [], signal);
await Promise.all([
  daemon.supervise(node.handle, signal),
  node.watch(() => {
    board.refresh();
    loop.trigger("user");
  }, signal),
  watchEngine({ engine, clock, log }, loop.trigger, signal),
  loop
    .run(signal)
    // The extension may be on its way out, and then nobody else would.
    .then(machines.stop),
]);
await server.close();
log.info("stopped");
process.exit(0);

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
import { createMachineExecutors } from "./machines/execute.ts";
import { createMachineDirectories } from "./machines/identity.ts";
import { createMachineObserver } from "./machines/observe.ts";
import { createRetire } from "./machines/retire.ts";
import { stopMachines } from "./machines/shutdown.ts";
import { createTailscaleApi } from "./machines/tailscale-api.ts";
import { createMachineWatch } from "./machines/watch.ts";
import { type Board, createBoard } from "./reconcile/board.ts";
import { createLoop } from "./reconcile/loop.ts";
import { buildSnapshot } from "./reconcile/snapshot.ts";
import { openJsonStore } from "./shares/json-store.ts";
import { createShareService } from "./shares/service.ts";
import { SettingsFile, SharesFile } from "./shares/stored-share.ts";
import { createDaemon } from "./tailscale/daemon.ts";
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
  { version: 1, shares: [], retiring: [] },
  clock,
);
const settings = await openJsonStore<SettingsFile>(
  `${config.stateDirectory}/settings.json`,
  SettingsFile,
  {
    version: 1,
    controlUrl: "",
    hostname: DEFAULT_HOSTNAME,
    oneClick: "auto",
    machineTailscale: "",
    installation: "",
  },
  clock,
);
if (settings.get().installation === "")
  await settings.set({ ...settings.get(), installation: randomBytes(16).toString("hex") });
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
const controlUrl = () => settings.get().controlUrl;
const directories = createMachineDirectories(config.stateDirectory);
const watch = createMachineWatch({
  stateDirectory: config.stateDirectory,
  onChange: () => {
    board.refresh();
    loop.trigger("hint");
  },
  clock,
  log,
});
const machines = createMachineExecutors({
  engine,
  watch,
  directories,
  credentials,
  runtime: () => loop.observed().machines.runtime,
  controlUrl,
  retire: createRetire({
    stateDirectory: config.stateDirectory,
    directories,
    credentials,
    retired: shares.retired,
    environment: process.env,
    clock,
  }),
  clock,
});
const loop = createLoop({
  engine,
  dataPlane,
  ownContainerId: ownId,
  observeMachines: createMachineObserver({
    engine,
    watch,
    directories,
    installation: settings.get().installation,
    ownContainerId: ownId,
    stateDirectory: config.stateDirectory,
    environment: config.tailscaleSwitches,
    tun: dataPlane.mode,
    shares: shares.list,
    retiring: shares.retiring,
    node: node.state,
    controlUrl,
    hasCredential: () => credentials.view().kind !== "none",
    tag: () => settings.get().machineTailscale,
    clock,
  }),
  machines,
  shares: shares.list,
  rebind: shares.rebind,
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
      dataPlane: { mode: dataPlane.mode, fault: missing },
      alerts: [sharesStore.fault(), settings.fault(), credentialsStore.fault(), ...node.alerts()].filter(
        (fault) => fault !== null,
      ),
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
    .then(
      async () =>
        await stopMachines({ engine, watch, machines, installation: settings.get().installation, log }),
    ),
]);
await server.close();
log.info("stopped");
process.exit(0);

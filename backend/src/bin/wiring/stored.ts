import { dirname } from "node:path";
import { TAILNET_PANEL_PORT } from "@tailnet-share/contract/session";
import { createIdentityFiles } from "../../backup/identities.ts";
import { type Config, PANEL_SOCKET } from "../../config.ts";
import { proxySecrets } from "../../control/proxy.ts";
import { createTrust } from "../../control/trust.ts";
import { reportStartWish, startAlerts } from "../../first-start/report.ts";
import { withoutFirstStart } from "../../first-start/variables.ts";
import { readStartWish } from "../../first-start/wish.ts";
import { PANEL_SECRET_FILE } from "../../http/access/secret-file.ts";
import { createSecrets } from "../../lib/redaction/secrets.ts";
import { createMachineCredentials } from "../../machines/credentials/credentials.ts";
import { createTailscaleApi } from "../../machines/credentials/tailscale-api.ts";
import { containerFault } from "../../mounts/container.ts";
import { socketFault, stateFault } from "../../mounts/missing.ts";
import { reportMounts } from "../../mounts/report.ts";
import type { Desired } from "../../reconcile/desired.ts";
import { createShareService } from "../../shares/service.ts";
import { openStores } from "../../stores.ts";
import { openFlowLogsNote } from "../../tailscale/node/flow-logs-note.ts";
import type { Basis } from "./basis.ts";

/** The stores in the state directory: shares, settings, credentials, certificate authorities, notes. */
export async function openStored({ environment, config, clock, log, conceal, observation }: Basis) {
  const { stateDirectory } = config;
  const mountFaults = [stateFault(stateDirectory), containerFault(foldersOf(config))].filter(
    (fault) => fault !== null,
  );
  reportMounts([socketFault(config.engineSocket), ...mountFaults], log);
  const stores = await openStores(stateDirectory, clock, log);
  const { settings, installation } = stores;
  const credentials = createMachineCredentials({
    store: stores.credentials,
    apiFor: (oauth) => createTailscaleApi({ ...oauth, baseUrl: config.tailscaleApi, clock }),
  });
  const startWish = await readStartWish(environment, stateDirectory);
  const secrets = createSecrets(() => [
    ...credentials.secrets(),
    ...proxySecrets(environment),
    ...startWish.secrets,
  ]);
  conceal(secrets.list);
  reportStartWish(startWish, log);
  const trust = createTrust({
    file: `${stateDirectory}/authorities.pem`,
    mounted: config.authoritiesFile,
    chosen: () => settings.get().authorities,
  });
  await trust.apply().catch((err: unknown) => {
    log.error({ event: "authorities.unread", err }, "the chosen certificate authorities could not be read");
  });
  const hasPanel = config.panelUrl !== null;
  const isPanelOnTailnet = () => hasPanel && settings.get().panelOnTailnet;
  const shares = createShareService(stores.shares, observation.observed, clock, () =>
    isPanelOnTailnet() ? [{ port: TAILNET_PANEL_PORT, by: "the panel" }] : [],
  );
  return {
    sharesStore: stores.shares,
    storeFaults: stores.faults,
    /** The engine's socket is no part of these: the engine's state reports it. */
    mountFaults,
    shares,
    desired: (): Desired => ({
      shares: shares.list(),
      machines: {
        hasCredential: credentials.view().kind !== "none",
        tag: settings.get().machineTailscale,
      },
      node: { account: settings.get().hostnameAccount, hostname: settings.get().hostname },
      panel: isPanelOnTailnet() ? { socket: PANEL_SOCKET } : null,
    }),
    settings,
    /** The environment's wishes for a start, and the record of earlier starts. */
    startWish,
    startAlerts: startAlerts(startWish),
    firstStart: stores.firstStart,
    /** Identifies this installation. */
    installation,
    credentials,
    secrets,
    trust,
    identities: createIdentityFiles(stateDirectory),
    flowLogs: await openFlowLogsNote(`${stateDirectory}/flow-logs-profile`, log),
    /** The environment of every tailscaled that is a child of the backend. */
    tailscaledEnvironment: { ...withoutFirstStart(environment), SSL_CERT_FILE: trust.file },
  };
}

/** The folders that a container with a read-only root needs a tmpfs for, and what fails without. */
function foldersOf({ apiSocket, tailscaledSocket }: Config): Parameters<typeof containerFault>[0] {
  return [
    { path: dirname(PANEL_SECRET_FILE), effect: "'panel-link' and the health check do not work" },
    {
      path: dirname(tailscaledSocket).replace(/^\/var\/run\//, "/run/"),
      effect: "tailscaled does not start",
    },
    { path: dirname(apiSocket), effect: "'panel-link' and the health check do not work" },
  ];
}

export type Stored = Awaited<ReturnType<typeof openStored>>;

import { chmod } from "node:fs/promises";
import type { Fault } from "@tailnet-share/contract/errors";
import type { FastifyInstance } from "fastify";
import { PANEL_PORT, PANEL_SOCKET } from "../../config.ts";
import { gatewayOfWayOut } from "../../engine/egress.ts";
import { createBrowserServer } from "../../http/browser/browser-server.ts";
import { localDoor, tailnetDoor } from "../../http/browser/door.ts";
import { createOneTimeCodes } from "../../http/browser/one-time-codes.ts";
import { createLinks, serveLinks } from "../../http/browser/panel-links.ts";
import { createSessions } from "../../http/browser/sessions.ts";
import { onlyFromHost } from "../../http/browser/way-in.ts";
import { createWrongTries } from "../../http/browser/wrong-tries.ts";
import type { Served } from "../../http/serve.ts";
import { listen } from "../../http/server.ts";
import { panelHosts } from "../../https/panel-fronts.ts";
import { createDeviceIds } from "../../machines/device/device-ids.ts";
import { createMachineDirectories } from "../../machines/device/identity.ts";
import { createFromTailnet } from "../../tailscale/node/peers/from-tailnet.ts";
import { createPanelVisitors } from "../../tailscale/node/peers/panel-visitors.ts";
import type { Basis } from "./basis.ts";
import type { EngineSide } from "./engine-side.ts";
import type { Stored } from "./stored.ts";
import type { TailnetSide } from "./tailnet-side.ts";

interface BrowserSideParts {
  basis: Basis;
  stored: Stored;
  tailnet: TailnetSide;
  engineSide: Pick<EngineSide, "machines">;
}

/** The panel for browsers: on this computer, and from the tailnet. */
export interface BrowserSide {
  makeLink: () => string;
  listen(): Promise<void>;
  close(): Promise<void>;
}

/** Adds the route for links to the server on the socket. Null when browsers get no panel. */
export async function createBrowserSide(
  parts: BrowserSideParts,
  socketServer: FastifyInstance,
  served: Served,
): Promise<BrowserSide | null> {
  const { basis, stored } = parts;
  const { config, clock, log } = basis;
  const { panelUrl } = config;
  if (panelUrl === null) return null;
  const codes = createOneTimeCodes(clock);
  const makeLink = createLinks(panelUrl, codes);
  serveLinks(socketServer, makeLink);
  const common = {
    ...{ served, codes, log, page: PAGE },
    sessions: createSessions(clock),
    secrets: stored.secrets,
  };

  const names = new Set(["localhost", "127.0.0.1", "[::1]", panelUrl.hostname]);
  const local = createBrowserServer({
    ...common,
    door: localDoor({ hosts: () => names, isFromTailnet: tailnetCheckOf(parts) }),
    wrongTries: createWrongTries(clock),
  });
  const gateway = await gatewayOfWayOut().catch(() => null);
  // The engine reports the same address, unless the network's gateway is another computer.
  const hostAddresses = () =>
    new Set([gateway, basis.observation.observed().hostAddress].filter((it) => it !== null));
  local.server.on("connection", onlyFromHost(hostAddresses));

  const visitors = visitorsOf(parts);
  const onTailnet = createBrowserServer({
    ...common,
    door: tailnetDoor({
      hosts: () => panelHosts(basis.observation.observed().https),
      isOpen: () => stored.desired().panel !== null,
      find: visitors.find,
      stranger: visitors.stranger,
    }),
    // Visitors of one door can't lock the other.
    wrongTries: createWrongTries(clock),
  });
  return {
    makeLink,
    async listen() {
      await local.listen({ host: "0.0.0.0", port: PANEL_PORT });
      try {
        await listen(onTailnet, PANEL_SOCKET);
        await chmod(PANEL_SOCKET, 0o600);
      } catch (err) {
        log.error({ event: "panel.tailnet-unavailable", err }, "the tailnet can't reach the panel");
        basis.panelUnanswered.fault = NO_SOCKET;
        basis.redraw.send();
      }
    },
    async close() {
      await Promise.all([local.close(), onTailnet.close()]);
    },
  };
}

const NO_SOCKET: Fault = {
  code: "INTERNAL",
  message: "The backend can't open its socket for visitors from your tailnet.",
  hint: "Start the container again. If this persists, send the diagnostics.",
};

/** The built panel in the image. */
const PAGE = "/ui";

function visitorsOf({ basis, tailnet, engineSide }: BrowserSideParts) {
  const { config, clock, log, observation } = basis;
  return createPanelVisitors({
    localApi: tailnet.localApi,
    machines: createDeviceIds({
      directories: createMachineDirectories(config.stateDirectory),
      present: () => observation.observed().machines.present,
      localApi: engineSide.machines.localApi,
      clock,
    }),
    ...{ clock, log },
  });
}

/** With a TUN, the kernel's rules end the tailnet's connections. */
function tailnetCheckOf({ tailnet }: BrowserSideParts): (addressAndPort: string) => Promise<boolean> {
  const { dataPlane, localApi } = tailnet;
  return dataPlane.mode === "kernel" ? async () => await Promise.resolve(false) : createFromTailnet(localApi);
}

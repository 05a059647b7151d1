import { type Config, PANEL_PORT } from "../../config.ts";
import { askControl, probeControl as probeOnce } from "../../control/probe.ts";
import { createSharedProbe } from "../../control/shared-probe.ts";
import { createKernelDataPlane } from "../../dataplane/kernel.ts";
import type { PanelEntrance } from "../../dataplane/rules/chains.ts";
import { reportKernel } from "../../dataplane/rules/kernel-report.ts";
import { probeKernel, USERSPACE_CHOSEN } from "../../dataplane/rules/probe.ts";
import { createUserspaceDataPlane } from "../../dataplane/userspace.ts";
import { cardOfWayOut } from "../../engine/egress.ts";
import { createHttps } from "../../https/https.ts";
import { speaksTls } from "../../https/speaks-tls.ts";
import { createDaemon } from "../../tailscale/daemon/daemon.ts";
import { createPulse } from "../../tailscale/daemon/pulse.ts";
import { createLocalApi } from "../../tailscale/localapi/localapi.ts";
import { createTailnetNode } from "../../tailscale/node/node.ts";
import { createDeviceNames } from "../../tailscale/node/peers/device-names.ts";
import type { Basis } from "./basis.ts";
import type { Stored } from "./stored.ts";

/** The extension's own node, and how packets go from it to containers. */
export async function createTailnetSide(
  { config, clock, log, audience, wake }: Basis,
  { flowLogs, tailscaledEnvironment, startWish }: Stored,
) {
  const { watched } = audience;
  const lookAgain = (): void => wake.send("event");
  const kernel = startWish.userspace ? USERSPACE_CHOSEN : await probeKernel();
  reportKernel(kernel, log);
  const localApi = createLocalApi(config.tailscaledSocket);
  const dataPlane =
    kernel.fault === null
      ? createKernelDataPlane(kernel.abilities, await panelEntrance(config))
      : createUserspaceDataPlane(localApi, lookAgain);
  const probeControl = createSharedProbe(probeOnce, clock);
  const node = createTailnetNode({ localApi, probeControl, askControl, watched, flowLogs, clock, log });
  return {
    /** Why the kernel can't forward, and what it lacks. */
    kernel,
    localApi,
    dataPlane,
    probeControl,
    node,
    names: createDeviceNames(localApi, clock),
    https: createHttps({ localApi, node, speaksTls, onChange: lookAgain, clock }),
    daemon: createDaemon({
      mode: dataPlane.mode,
      socketPath: config.tailscaledSocket,
      stateDirectory: `${config.stateDirectory}/node`,
      environment: tailscaledEnvironment,
      signOfLife: createPulse(config.tailscaledSocket).ask,
      ...{ watched, clock, log },
    }),
  };
}

/** The interface of the backend's own network never changes: its IPv4 default route never moves. */
async function panelEntrance({ panelUrl }: Config): Promise<PanelEntrance | null> {
  const card = panelUrl === null ? null : await cardOfWayOut().catch(() => null);
  return card === null ? null : { card, port: PANEL_PORT };
}

export type TailnetSide = Awaited<ReturnType<typeof createTailnetSide>>;

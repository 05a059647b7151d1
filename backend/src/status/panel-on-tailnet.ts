import type { Fault } from "@tailnet-share/contract/errors";
import type { NodeState } from "@tailnet-share/contract/node";
import { type PanelOnTailnet, TAILNET_PANEL_PORT } from "@tailnet-share/contract/session";
import { CERTIFICATE_PENDING } from "../https/certificate-faults.ts";
import { sameFront } from "../https/fronts.ts";
import type { HttpsSeen } from "../https/https.ts";
import { panelFronts, shareOnPanelPort } from "../https/panel-fronts.ts";
import type { Desired } from "../reconcile/desired.ts";
import type { StepFaults } from "../reconcile/steps/step-faults.ts";

export interface PanelOnTailnetContext {
  readonly desired: Pick<Desired, "panel" | "shares">;
  readonly https: HttpsSeen;
  readonly node: NodeState;
  readonly failures: StepFaults;
  /** Why the backend does not answer what tailscaled hands on; null while it does. */
  readonly unanswered: Fault | null;
}

/** Whether the tailnet reaches the panel, as observed, and where. Pure. */
export function panelOnTailnet({
  desired,
  https,
  node,
  failures,
  unanswered,
}: PanelOnTailnetContext): PanelOnTailnet {
  const { panel, shares } = desired;
  if (panel === null) return { state: "off" };
  if (unanswered !== null) return pending(unanswered);
  const { host, certifies, certificate } = https;
  const inTheWay = shareOnPanelPort(shares);
  if (inTheWay !== undefined) return pending(portTaken(inTheWay.name));
  if (host === null || node.state !== "connected") return pending(null);
  if (certifies && certificate?.host !== host)
    return pending(failures.of({ kind: "certificate", host }) ?? CERTIFICATE_PENDING);
  const isServed = panelFronts(panel, https).every((wanted) =>
    https.fronts?.some((front) => sameFront(front, wanted)),
  );
  if (!isServed) return pending(failures.of({ kind: "serve" }) ?? null);
  // Without MagicDNS, devices don't know the name. A certificate is for the name only.
  const [address = host] = node.addresses;
  const name = certifies || node.magicDns ? host : address.includes(":") ? `[${address}]` : address;
  return { state: "open", url: `${certifies ? "https" : "http"}://${name}:${TAILNET_PANEL_PORT}/` };
}

function pending(fault: Fault | null): PanelOnTailnet {
  return { state: "pending", fault };
}

function portTaken(name: string): Fault {
  return {
    code: "NODE_PORT_TAKEN",
    message: `Port ${TAILNET_PANEL_PORT} on this node is used by ${name}.`,
    hint: "Choose another port on the node for that share.",
  };
}

import type { Fault } from "@tailnet-share/contract/errors";
import type { Alert } from "@tailnet-share/contract/snapshot";
import { controlUrlOf } from "../../control/home.ts";
import type { RetiringMachine } from "../../shares/stored-share.ts";
import type { MachineIdentity } from "../device/identity.ts";
import type { MachineFaults } from "../step.ts";

/**
 * Explains why machines that are no longer shared are still in their tailnets: one alert per reason, with the machines that it blocks.
 * `controlUrl`: the server to assume for a machine without an identity. Pure.
 */
export function retirementAlerts(
  retiring: readonly Pick<RetiringMachine, "key" | "name" | "dismissed">[],
  failures: MachineFaults,
  identities: ReadonlyMap<string, MachineIdentity | null>,
  controlUrl: string,
): Alert[] {
  const alerts = new Map<string, Fault & { machines: NonNullable<Alert["machines"]> }>();
  for (const { key, name, dismissed } of retiring) {
    const fault = failures.of({ kind: dismissed ? "machine-forget" : "machine-retire", key });
    if (fault === undefined) continue;
    const identity = identities.get(key) ?? null;
    const machine = { key, name, controlUrl: identity === null ? controlUrl : controlUrlOf(identity.home) };
    const reason = `${fault.code} ${fault.message}`;
    alerts.set(reason, { ...fault, machines: [...(alerts.get(reason)?.machines ?? []), machine] });
  }
  return [...alerts.values()];
}

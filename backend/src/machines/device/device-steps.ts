import { AppError } from "@tailnet-share/contract/errors";
import { z } from "zod";
import { CONTROL_TROUBLES, type ControlTrouble } from "../../control/trouble.ts";
import { certificateFault } from "../../https/certificate-faults.ts";
import type { NamespaceRunner } from "../namespace/namespace-runner.ts";
import type { KeptDevices } from "../retirement/kept-devices.ts";
import type { MachineExecutors } from "../step.ts";
import { runningNode } from "../watch/running-node.ts";
import type { MachineWatch } from "../watch/watch.ts";
import type { MachineDirectories } from "./identity.ts";
import { createMachineLogIn, type MachineLogInDependencies } from "./log-in.ts";

export interface DeviceStepDependencies extends Omit<MachineLogInDependencies, "lookFromInside"> {
  watch: Pick<MachineWatch, "node" | "localApi" | "containerId" | "targetId" | "saw">;
  runner: Pick<NamespaceRunner, "run">;
  directories: Pick<MachineDirectories, "note">;
  keptDevices: Pick<KeptDevices, "get" | "forget">;
  /** Takes a machine out of its tailnet and removes its state. */
  retire: (key: string, signal: AbortSignal) => Promise<void>;
  /** Removes its state, and the machine key that would make it the same device again. */
  dismiss: (key: string) => Promise<void>;
}

type DeviceStep =
  | "machine-login"
  | "machine-adjust"
  | "machine-note"
  | "machine-certificate"
  | "machine-retire"
  | "machine-forget";

/** The steps that make a machine a device of the tailnet, keep it one, and end that. */
export function createDeviceSteps(dependencies: DeviceStepDependencies): Pick<MachineExecutors, DeviceStep> {
  const { watch, directories, keptDevices, retire, dismiss } = dependencies;
  const logIn = createMachineLogIn({
    ...dependencies,
    lookFromInside: async (...look) => await lookFromInside(dependencies, ...look),
  });
  return {
    "machine-login": async ({ key, name }, signal) =>
      await logIn(runningNode(watch, key), { key, name }, signal),

    async "machine-adjust"({ key, name }) {
      runningNode(watch, key);
      await watch.localApi(key).patchPrefs({ Hostname: name, CorpDNS: false, WantRunning: true });
      await runningNode(watch, key).refresh();
    },

    async "machine-note"({ key, identity }) {
      await directories.note(key, identity);
      // It is the same device again, and its own directory holds its identity now.
      await keptDevices.forget(key, identity.home);
    },

    async "machine-certificate"({ key, domain }, signal) {
      await watch
        .localApi(key)
        .certificate(domain, signal)
        .catch((error: unknown) => {
          const fault = certificateFault(error instanceof Error ? error.message : "");
          throw new AppError(fault.code, fault.message, fault.hint, { cause: error });
        });
      watch.saw(key, { certificate: domain });
    },

    "machine-retire": async ({ key }, signal) => await retire(key, signal),

    "machine-forget": async ({ key }) => await dismiss(key),
  };
}

/** Probes a control server from the machine's network. Returns null if it finds no trouble, or the machine does not run. */
async function lookFromInside(
  { watch, runner }: Pick<DeviceStepDependencies, "watch" | "runner">,
  key: string,
  controlUrl: string,
  signal: AbortSignal,
): Promise<ControlTrouble | null> {
  const targetId = watch.targetId(key);
  if (targetId === null) return null;
  const target = { key, targetId, containerId: watch.containerId(key) };
  const { code, output } = await runner.run(target, ["control", controlUrl], signal);
  return code === 0 ? z.enum(CONTROL_TROUBLES).nullable().parse(JSON.parse(output)) : null;
}

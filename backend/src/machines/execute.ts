import { AppError } from "@tailnet-share/contract/errors";
import type { Logger } from "pino";
import type { MachineRuntime } from "./container/container.ts";
import { type ContainerStepDependencies, createContainerSteps } from "./container/container-steps.ts";
import { createDeviceSteps, type DeviceStepDependencies } from "./device/device-steps.ts";
import type { MachineDirectories } from "./device/identity.ts";
import { createNamespaceRunner } from "./namespace/namespace-runner.ts";
import { createInsideSteps } from "./namespace/namespace-steps.ts";
import type { MachineExecutors } from "./step.ts";
import type { MachineWatch } from "./watch/watch.ts";

export interface MachineDependencies
  extends Omit<ContainerStepDependencies, "runner" | "runtime" | "watch" | "directories" | "keptDevices">,
    Omit<DeviceStepDependencies, "runner" | "watch" | "directories"> {
  watch: MachineWatch;
  directories: MachineDirectories;
  /** Null while unknown. */
  runtime: () => MachineRuntime | null;
  log: Logger;
}

/** One executor per kind. Each rejects with an `AppError` and can be retried. */
export function createMachineExecutors(dependencies: MachineDependencies): MachineExecutors {
  function runtime(): MachineRuntime {
    const known = dependencies.runtime();
    if (known === null)
      throw new AppError("MACHINE_FAILED", "Tailnet Share does not know its own image yet.");
    return known;
  }
  const parts = { ...dependencies, runtime, runner: createNamespaceRunner(dependencies.engine, runtime) };
  return { ...createContainerSteps(parts), ...createInsideSteps(parts), ...createDeviceSteps(parts) };
}

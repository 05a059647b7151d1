import type { Application, ApplicationDependencies } from "./dependencies.ts";
import { lookUseCases } from "./look-use-cases.ts";
import { nodeUseCases } from "./node-use-cases.ts";
import { settingsUseCases } from "./settings-use-cases.ts";
import { createSettle } from "./settle.ts";
import { shareUseCases } from "./share-use-cases.ts";

/** A change stores the new intention, wakes the loop and waits briefly for it, so that a click usually returns its end state. */
export function createApplication(dependencies: ApplicationDependencies): Application {
  const settle = createSettle(dependencies);
  return {
    ...lookUseCases(dependencies, settle),
    ...shareUseCases(dependencies, settle),
    ...nodeUseCases(dependencies, settle),
    ...settingsUseCases(dependencies, settle),
    retry: settle.settledSnapshot,
    diagnostics: dependencies.diagnostics,
  };
}

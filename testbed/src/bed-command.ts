import { openEngine } from "./engine/engine.ts";
import type { Steps } from "./lib/steps.ts";
import { sweepAbandoned } from "./lib/sweep.ts";
import { openPrerequisites } from "./prerequisites.ts";

/** `up` readies the engine and the images; `down` removes what beds left and stops the engine if it is ours. */
export async function bedCommand(action: string | undefined, steps: Steps): Promise<void> {
  if (action === "up") {
    await openPrerequisites(steps, { browser: true });
  } else if (action === "down") {
    const engine = await openEngine(steps);
    await steps.step("remove what beds left", () => sweepAbandoned(engine));
    const { own } = engine;
    if (own !== null) await steps.step("stop our engine", () => own.stop());
  } else {
    throw new Error("say `bed up` or `bed down`");
  }
}

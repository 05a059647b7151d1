import { type Engine, openEngine } from "./engine/engine.ts";
import { ownEngine } from "./engine/own-engines.ts";
import { OwnEngineName } from "./engine/wanted.ts";
import type { Steps } from "./lib/steps.ts";
import { sweepAbandoned } from "./lib/sweep.ts";
import { openPrerequisites } from "./prerequisites.ts";

/** `up` prepares the engine and the images. `down` removes leftovers of beds and stops the engine if it is ours. */
export async function bedCommand(action: string | undefined, steps: Steps): Promise<void> {
  if (action === "up") {
    await openPrerequisites(steps, { browser: true, composes: true, testControl: true });
  } else if (action === "down") {
    await close(await openEngine(steps), steps);
    // `npm test` and `npm run test:engines` start these. Do not start one only to stop it.
    for (const name of OwnEngineName.options.filter((option) => option !== "debian"))
      if (await ownEngine(name, steps).own.answers()) await close(await openEngine(steps, name), steps);
  } else {
    throw new Error("say `bed up` or `bed down`");
  }
}

async function close(engine: Engine, steps: Steps): Promise<void> {
  await steps.step("remove what beds left", () => sweepAbandoned(engine));
  const { own, namespace } = engine;
  if (own !== null) await steps.step("stop our engine", () => own.stop());
  await namespace?.close();
}

import { launchChromium } from "../../src/lib/chromium.ts";
import type { Context, Measurement, Outcome } from "../measurement.ts";
import { clicks } from "./clicks.ts";
import { firstScreen } from "./first-screen.ts";
import { manyRows } from "./many-rows.ts";

const SAMPLES = 5;

async function run(context: Context): Promise<Outcome> {
  const { bed } = context;
  const name = (index: number): string => `bench-panel-${bed.id}-${index}`;
  for (let index = 0; index < SAMPLES; index += 1) await bed.samples.start({ name: name(index), http: 8080 });
  await bed.api.waitFor("the containers to be listed", ({ workloads }) =>
    workloads.some(({ id }) => id === `name:${name(SAMPLES - 1)}`),
  );
  const browser = await launchChromium();
  try {
    const first = await firstScreen(browser, context);
    const clicked = await clicks(browser, context, [name(0), name(1)]);
    const many = await manyRows(browser, context);
    const parts = [first, clicked, many];
    return {
      tables: parts.flatMap(({ tables }) => tables),
      verdicts: parts.flatMap(({ verdicts }) => verdicts),
      notes: many.notes,
      samples: { first: first.samples, clicked: clicked.samples, many: many.samples },
    };
  } finally {
    await browser.close();
  }
}

export const panel: Measurement = {
  name: "panel",
  minutes: 3,
  minutesARound: 1,
  control: "headscale",
  run,
};

import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { launchChromium } from "../src/lib/chromium.ts";
import type { Context, Measurement } from "./measurement.ts";
import { milliseconds, number, SUMMARY_COLUMNS, summaryCells } from "./report.ts";
import { summarize } from "./statistics.ts";

const LOADS_A_ROUND = 4;
const SAMPLES = 5;
const DRAWN_MS = 300;
const BUNDLE_KB = 250;

/** Text of a script for the page: keeps in `__firstRow` when the first row had been drawn, in milliseconds since navigation began. */
const WATCH = `(() => {
  const look = () => {
    const row = document.querySelector('[role="listitem"]');
    if (row === null || row.getClientRects().length === 0) return void requestAnimationFrame(look);
    // In the frame after this one, the row has been painted.
    requestAnimationFrame(() => { window.__firstRow = performance.now(); });
  };
  requestAnimationFrame(look);
})();`;

/** Milliseconds until the first row is on the screen: since the navigation began, and since the page had loaded. */
interface Load {
  readonly sinceNavigation: number;
  readonly sinceLoaded: number;
}

async function load(browser: Browser, url: string): Promise<Load> {
  // A context of its own has nothing cached.
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.addInitScript(WATCH);
    await page.goto(url, { waitUntil: "commit" });
    const handle = await page.waitForFunction("window.__firstRow", undefined, { timeout: 20_000 });
    const sinceNavigation = Number(await handle.jsonValue());
    const loaded = Number(
      await page.evaluate("performance.getEntriesByType('navigation')[0].loadEventStart"),
    );
    return { sinceNavigation, sinceLoaded: sinceNavigation - loaded };
  } finally {
    await context.close();
  }
}

interface BundleFile {
  readonly name: string;
  readonly bytes: number;
  readonly gzipped: number;
}

/** The panel's files that a browser loads; maps are for developers. */
async function bundle(folder: string): Promise<readonly BundleFile[]> {
  const files: BundleFile[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || extname(entry.name) === ".map") continue;
    const content = await readFile(join(entry.parentPath, entry.name));
    files.push({ name: entry.name, bytes: content.length, gzipped: gzipSync(content, { level: 9 }).length });
  }
  return files;
}

async function run({ bed, rounds, signal }: Context): Promise<Awaited<ReturnType<Measurement["run"]>>> {
  for (let index = 0; index < SAMPLES; index += 1) {
    await bed.samples.start({ name: `bench-panel-${bed.id}-${index}`, http: 8080 });
  }
  const browser = await launchChromium();
  const times: Load[] = [];
  try {
    // The first load also warms the browser up; Docker Desktop's has long been running.
    await load(browser, bed.desktop.page.url);
    for (let index = 0; index < rounds * LOADS_A_ROUND; index += 1) {
      signal.throwIfAborted();
      times.push(await load(browser, bed.desktop.page.url));
    }
  } finally {
    await browser.close();
  }
  const files = await bundle(bed.desktop.extension.uiFolder);
  const total = files.reduce((sum, { gzipped }) => sum + gzipped, 0) / 1000;
  const opened = summarize(times.map(({ sinceNavigation }) => sinceNavigation));
  const drawn = summarize(times.map(({ sinceLoaded }) => sinceLoaded));
  return {
    tables: [
      {
        title: "Until the first container is drawn",
        columns: ["load", ...SUMMARY_COLUMNS],
        rows: [
          ["since the page has loaded", ...summaryCells(drawn)],
          ["since the navigation began, nothing cached", ...summaryCells(opened)],
        ],
      },
      {
        title: "The panel's files",
        columns: ["file", "kB", "gzipped, kB"],
        rows: files.map(({ name, bytes, gzipped }) => [name, number(bytes / 1000), number(gzipped / 1000)]),
      },
    ],
    notes: [],
    verdicts: [
      {
        target: "first snapshot drawn after load, median ≤ 300 ms",
        figure: milliseconds(drawn.median),
        meets: drawn.median <= DRAWN_MS,
      },
      { target: "panel ≤ 250 kB gzipped", figure: `${number(total)} kB`, meets: total <= BUNDLE_KB },
    ],
    samples: { times, files },
  };
}

export const panel: Measurement = { name: "panel", title: "panel", run };

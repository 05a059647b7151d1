import type { Browser } from "playwright-core";
import { bundleOf, kilobytes } from "../../src/desktop/bundle.ts";
import type { Context, Outcome, Table, Verdict } from "../measurement.ts";
import { milliseconds, number, SUMMARY_COLUMNS, summaryCells } from "../report.ts";
import { type Summary, summarize } from "../statistics.ts";

const LOADS_A_ROUND = 4;
const DRAWN_MS = 300;
const BUNDLE_KB = 300;
const BEFORE_KB = 200;

/**
 * Text of a script for the page: keeps in `__firstRow` the time when the first row was drawn, in milliseconds since navigation
 * started, and the files loaded until then.
 */
const WATCH = `(() => {
  const look = () => {
    const row = document.querySelector('[role="listitem"]');
    if (row === null || row.getClientRects().length === 0) return void requestAnimationFrame(look);
    const files = performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname);
    // In the frame after this one, the row has been painted.
    requestAnimationFrame(() => { window.__firstRow = { at: performance.now(), files }; });
  };
  requestAnimationFrame(look);
})();`;

/** Milliseconds until the first row is on the screen: since the navigation started, and since the page had loaded. */
interface Load {
  readonly sinceNavigation: number;
  readonly sinceLoaded: number;
  /** Paths requested until then. */
  readonly files: readonly string[];
}

async function load(browser: Browser, url: string): Promise<Load> {
  // A new context has an empty cache.
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.addInitScript(WATCH);
    await page.goto(url, { waitUntil: "commit" });
    const handle = await page.waitForFunction("window.__firstRow", undefined, { timeout: 20_000 });
    const { at, files } = (await handle.jsonValue()) as { at: number; files: string[] };
    const loaded = Number(
      await page.evaluate("performance.getEntriesByType('navigation')[0].loadEventStart"),
    );
    return { sinceNavigation: at, sinceLoaded: at - loaded, files };
  } finally {
    await context.close();
  }
}

/** Measures a new panel: time until the first row is visible, and bytes. */
export async function firstScreen(
  browser: Browser,
  { bed, rounds, signal }: Context,
): Promise<Omit<Outcome, "notes">> {
  const { url } = bed.desktop.page;
  const times: Load[] = [];
  // The first load also warms up the browser; Docker Desktop's has long been running.
  await load(browser, url);
  for (let index = 0; index < rounds * LOADS_A_ROUND; index += 1) {
    signal.throwIfAborted();
    times.push(await load(browser, url));
  }
  const files = await bundleOf(bed.desktop.extension.uiFolder);
  const index = bed.desktop.extension.metadata.ui?.["dashboard-tab"].src ?? "index.html";
  const neededFirst = new Set([`/${index}`, ...times.flatMap((time) => time.files)]);
  const opened = summarize(times.map(({ sinceNavigation }) => sinceNavigation));
  const drawn = summarize(times.map(({ sinceLoaded }) => sinceLoaded));
  return {
    tables: [timesTable(drawn, opened), filesTable(files, neededFirst)],
    verdicts: [...timeVerdicts(drawn, opened), ...sizeVerdicts(files, neededFirst)],
    samples: { times, files },
  };
}

type Files = Awaited<ReturnType<typeof bundleOf>>;

function timesTable(drawn: Summary, opened: Summary): Table {
  return {
    title: "Until the first container is drawn",
    columns: ["load", ...SUMMARY_COLUMNS],
    rows: [
      ["since the page has loaded", ...summaryCells(drawn)],
      ["since the navigation began, nothing cached", ...summaryCells(opened)],
    ],
  };
}

function filesTable(files: Files, neededFirst: ReadonlySet<string>): Table {
  return {
    title: "The panel's files",
    columns: ["file", "kB", "gzipped, kB", "before the list"],
    rows: files.map(({ path, bytes, gzipped }) => [
      path,
      number(bytes / 1000),
      number(gzipped / 1000),
      neededFirst.has(path) ? "yes" : "",
    ]),
  };
}

function timeVerdicts(drawn: Summary, opened: Summary): readonly Verdict[] {
  return [
    {
      target: `first snapshot drawn after load, median ≤ ${DRAWN_MS} ms`,
      figure: milliseconds(drawn.median),
      meets: drawn.median <= DRAWN_MS,
    },
    {
      target: `first snapshot drawn since the navigation began, median ≤ ${DRAWN_MS} ms`,
      figure: `${milliseconds(opened.median)}, p95 ${milliseconds(opened.p95)}`,
      meets: opened.median <= DRAWN_MS,
    },
  ];
}

function sizeVerdicts(files: Files, neededFirst: ReadonlySet<string>): readonly Verdict[] {
  const total = kilobytes(files);
  const early = kilobytes(files.filter(({ path }) => neededFirst.has(path)));
  return [
    {
      target: `panel ≤ ${BUNDLE_KB} kB gzipped`,
      figure: `${number(total)} kB`,
      meets: total <= BUNDLE_KB,
    },
    {
      target: `files needed before the list ≤ ${BEFORE_KB} kB gzipped`,
      figure: `${number(early)} kB`,
      meets: early <= BEFORE_KB,
    },
  ];
}

import { readFile } from "node:fs/promises";
import { Snapshot } from "@tailnet-share/contract/snapshot";
import type { Workload } from "@tailnet-share/contract/workload";
import type { Browser, CDPSession, Page } from "playwright-core";
import type { Context, Outcome } from "../measurement.ts";
import { milliseconds, number, SUMMARY_COLUMNS, spread, summaryCells } from "../report.ts";
import { summarize } from "../statistics.ts";

const ROWS = 1_000;
const A_PROJECT = 10;
const EVERY_SHARED = 5;
const SCROLL_MS = 3_000;
/** A brisk flick: about two rows per frame. */
const SCROLL_PX = 20_000;
const WORD = "web-4";

const FRAMES = 55;
const FILTER_MS = 50;
const HEAP_MB = 120;

/** Replaces the containers with a thousand rows, each valid by the contract. */
function withManyRows(snapshot: Snapshot): Snapshot {
  const workloads = Array.from({ length: ROWS }, (_, index): Workload => {
    const project = `project-${Math.floor(index / A_PROJECT)}`;
    const nodePort = 10_000 + index;
    const port = { port: 8080, protocol: "tcp" as const, nodePort };
    const [address, ipAddress] = [`http://docker.tail.test:${nodePort}`, `http://100.64.0.1:${nodePort}`];
    return {
      id: `compose:${project}/web-${index}/1`,
      identity: "compose",
      name: `web-${index}`,
      project,
      image: `registry.example.com/${project}/web:1.${index}`,
      run: "running",
      containerId: index.toString(16).padStart(64, "0"),
      ports: [{ port: 8080, protocol: "tcp" }],
      portRanges: [],
      portsKnown: true,
      refusal: null,
      machine: { name: `web-${index}`, refusal: null },
      ending: null,
      share:
        index % EVERY_SHARED === 0
          ? {
              mode: "node",
              ports: [port],
              machine: null,
              exposure: {
                state: "live",
                endpoints: [{ ...port, address, ipAddress, web: true }],
                unanswered: [],
              },
              traffic: { received: index, sent: index, since: new Date(0).toISOString() },
              visitors: [],
              network: { available: [], chosen: null, used: null },
              until: null,
            }
          : null,
    };
  });
  return Snapshot.parse({ ...snapshot, revision: "crowd", workloads });
}

async function open(browser: Browser, { bed }: Context): Promise<Page> {
  const snapshot = JSON.stringify(withManyRows(await bed.api.snapshot()));
  const context = await browser.newContext({ viewport: { width: 1040, height: 720 } });
  const page = await context.newPage();
  await page.route("**/__dd/request", async (route) => {
    const { method = "GET", url = "" } = route.request().postDataJSON() as { method?: string; url?: string };
    if (method !== "GET" || !url.startsWith("/snapshot")) return await route.continue();
    // Holds the next poll while the panel is open, so that nothing changes.
    if (url.includes("since=")) return;
    await route.fulfill({ json: { status: 200, body: snapshot } });
  });
  await page.goto(bed.desktop.page.url);
  await page.getByText(`${ROWS / EVERY_SHARED} of ${ROWS} shared`).waitFor();
  return page;
}

/** Text of a script for the page: scrolls down for a while and returns the time of each frame. */
const SCROLL = `new Promise((resolve) => {
  const scroller = document.querySelector('[role="list"][aria-label="Containers"]').parentElement;
  const frames = [];
  const step = (now) => {
    frames.push(now);
    const passed = now - frames[0];
    scroller.scrollTop = passed / ${SCROLL_MS} * ${SCROLL_PX};
    if (passed < ${SCROLL_MS}) return void requestAnimationFrame(step);
    scroller.scrollTop = 0;
    resolve(frames);
  };
  requestAnimationFrame(step);
})`;

/** Frames per second, and the longest time without a frame. */
async function scroll(page: Page): Promise<{ readonly framesPerSecond: number; readonly longestMs: number }> {
  const frames = await page.evaluate<number[]>(SCROLL);
  const gaps = frames.slice(1).map((at, index) => at - (frames[index] ?? at));
  const passed = gaps.reduce((sum, gap) => sum + gap, 0);
  return { framesPerSecond: (gaps.length / passed) * 1_000, longestMs: Math.max(...gaps) };
}

/** Text of a script for the page: `__typed` holds the time from each input until its result was drawn. */
const WATCH_INPUT = `(() => {
  window.__typed = [];
  document.addEventListener("input", ({ timeStamp }) => {
    requestAnimationFrame(() => setTimeout(() => window.__typed.push(performance.now() - timeStamp)));
  }, { capture: true });
})()`;

/** Types a word into the search and deletes it, letter by letter. */
async function filter(page: Page): Promise<readonly number[]> {
  const field = page.getByRole("searchbox", { name: "Search containers" });
  await page.evaluate("window.__typed.length = 0");
  await field.focus();
  const keys = [...WORD, ...Array.from(WORD, () => "Backspace")];
  for (const [index, key] of keys.entries()) {
    await page.keyboard.press(key);
    await page.waitForFunction(`window.__typed.length > ${index}`);
    if (index === WORD.length - 1) {
      const drawn = await page.getByRole("listitem", { name: new RegExp(WORD) }).count();
      if (drawn === 0) throw new Error(`no row fits '${WORD}': the filter was not measured`);
    }
  }
  return await page.evaluate<number[]>("window.__typed");
}

/** Bytes of live JavaScript objects after a collection. */
async function heap(session: CDPSession): Promise<number> {
  await session.send("HeapProfiler.enable");
  await session.send("HeapProfiler.collectGarbage");
  await session.send("Performance.enable");
  const { metrics } = await session.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "JSHeapUsedSize")?.value ?? Number.NaN;
}

/** PIDs of the renderer processes. */
async function renderers(browser: Browser): Promise<readonly number[]> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  return processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
}

/** Millions of bytes of private memory, from this machine's /proc. */
async function privateMemory(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, "utf8");
  const kilobytes = [...text.matchAll(/^Private_\w+:\s+(\d+) kB/gm)].map(([, figure]) => Number(figure));
  return (kilobytes.reduce((sum, figure) => sum + figure, 0) * 1024) / 1e6;
}

/** Measures the panel with a thousand containers. */
export async function manyRows(browser: Browser, context: Context): Promise<Outcome> {
  const earlier = await renderers(browser);
  const page = await open(browser, context);
  const drawing = (await renderers(browser)).filter((pid) => !earlier.includes(pid));
  const scrolls: Awaited<ReturnType<typeof scroll>>[] = [];
  const inputs: number[] = [];
  const heaps: number[] = [];
  const programs: number[] = [];
  try {
    await page.evaluate(WATCH_INPUT);
    const session = await page.context().newCDPSession(page);
    for (let round = 0; round < context.rounds; round += 1) {
      context.signal.throwIfAborted();
      scrolls.push(await scroll(page));
      inputs.push(...(await filter(page)));
      heaps.push((await heap(session)) / 1e6);
      // Takes the maximum, because a small spare process waits for the next page.
      programs.push(Math.max(...(await Promise.all(drawing.map(privateMemory)))));
    }
  } finally {
    await page.context().close();
  }
  const frames = summarize(scrolls.map(({ framesPerSecond }) => framesPerSecond));
  const typed = summarize(inputs);
  const memory = summarize(programs);
  return {
    tables: [
      {
        title: `${ROWS} rows`,
        columns: ["what", ...SUMMARY_COLUMNS],
        rows: [["from a letter in the search to the rows that fit it", ...summaryCells(typed)]],
      },
    ],
    notes: [
      `Frames a second while ${ROWS} rows are scrolled: ${spread(scrolls.map((pass) => pass.framesPerSecond))}; the longest time without one: ${spread(scrolls.map((pass) => pass.longestMs))} ms.`,
      `Memory is what the process that draws the page has for itself; live JavaScript objects of it after a collection: ${spread(heaps)} MB.`,
      "Chromium draws without a graphics card here, so pictures of the page are in that memory, too.",
    ],
    verdicts: [
      {
        target: `${ROWS} rows scroll at ≥ ${FRAMES} frames/s, median`,
        figure: `${number(frames.median)} frames/s`,
        meets: frames.median >= FRAMES,
      },
      {
        target: `filter ${ROWS} rows ≤ ${FILTER_MS} ms, p95`,
        figure: milliseconds(typed.p95),
        meets: typed.p95 <= FILTER_MS,
      },
      {
        target: `memory with ${ROWS} rows ≤ ${HEAP_MB} MB`,
        figure: `${number(memory.max)} MB`,
        meets: memory.max <= HEAP_MB,
      },
    ],
    samples: { scrolls, inputs, heaps, programs },
  };
}

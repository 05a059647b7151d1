import { setTimeout as delay } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import type { Context, Outcome } from "../measurement.ts";
import { milliseconds, SUMMARY_COLUMNS, summaryCells } from "../report.ts";
import { summarize } from "../statistics.ts";

const CLICKS_A_ROUND = 8;
const FEEDBACK_MS = 50;
const ELSEWHERE_MS = 300;
/** Users look before they click again. */
const QUIET_MS = 300;

/**
 * Text of a script for the page. `__change(name)` resolves when the row with that name has been drawn differently, with the times of
 * that and of the click on the row, in milliseconds since the epoch. `clicked` is null for a change from elsewhere.
 */
const WATCH = `window.__change = (name) => new Promise((resolve) => {
  const row = document.querySelector('[role="listitem"][aria-label="' + name + '"]');
  const before = row.textContent;
  let clicked = null;
  // The moment of the input, and not the one when a handler got its turn.
  const onClick = (event) => { clicked = performance.timeOrigin + event.timeStamp; };
  row.addEventListener("click", onClick, { capture: true, once: true });
  const observer = new MutationObserver(() => {
    if (row.textContent === before) return;
    observer.disconnect();
    row.removeEventListener("click", onClick, { capture: true });
    // A task after the next frame's callbacks: that frame has been handed over for painting.
    requestAnimationFrame(() => setTimeout(() => {
      resolve({ clicked, drawn: performance.timeOrigin + performance.now() });
    }));
  });
  observer.observe(row, { subtree: true, childList: true, characterData: true });
});`;

interface Change {
  readonly clicked: number | null;
  readonly drawn: number;
}

async function open(browser: Browser, url: string): Promise<Page> {
  const page = await (await browser.newContext({ viewport: { width: 1040, height: 720 } })).newPage();
  await page.addInitScript(WATCH);
  await page.goto(url);
  await page.getByRole("listitem").first().waitFor();
  return page;
}

/** Starts waiting before it resolves, and returns the promise in an array so that the caller's await does not wait for it. */
async function nextChange(page: Page, name: string): Promise<[Promise<Change>]> {
  await page.evaluate(`window.__next = window.__change(${JSON.stringify(name)}), undefined`);
  return [page.evaluate<Change>("window.__next")];
}

/** Clicks in one panel while another one is open, and times the update in both. `names`: running, not shared, on one network. */
export async function clicks(
  browser: Browser,
  { bed, rounds, signal }: Context,
  [lasting, clicked]: readonly [lasting: string, clicked: string],
): Promise<Omit<Outcome, "notes">> {
  // Keeps the backend in the network, because Chromium drops pending requests when the machine gets a new interface.
  await bed.api.putShare(`name:${lasting}`);
  const [clickedPanel, otherPanel] = [
    await open(browser, bed.desktop.page.url),
    await open(browser, bed.desktop.page.url),
  ];
  const feedback: number[] = [];
  const elsewhere: number[] = [];
  try {
    for (let index = 0; index < rounds * CLICKS_A_ROUND; index += 1) {
      signal.throwIfAborted();
      await delay(QUIET_MS, undefined, { signal });
      const [nextInClicked] = await nextChange(clickedPanel, clicked);
      const [nextInOther] = await nextChange(otherPanel, clicked);
      await clickedPanel.getByRole("switch", { name: `Share ${clicked}`, exact: true }).click();
      const [inClicked, inOther] = await Promise.all([nextInClicked, nextInOther]);
      if (inClicked.clicked === null) throw new Error("the row changed before it was clicked");
      feedback.push(inClicked.drawn - inClicked.clicked);
      elsewhere.push(inOther.drawn - inClicked.clicked);
      const words = index % 2 === 0 ? "Shared" : "Not shared";
      for (const page of [clickedPanel, otherPanel]) {
        const row = page.getByRole("listitem", { name: clicked, exact: true });
        await row.getByText(words, { exact: true }).waitFor();
      }
    }
  } finally {
    for (const page of [clickedPanel, otherPanel]) await page.context().close();
  }
  const [inClickedRow, inOtherPanel] = [summarize(feedback), summarize(elsewhere)];
  return {
    tables: [
      {
        title: "From a click until something else is drawn",
        columns: ["where", ...SUMMARY_COLUMNS],
        rows: [
          ["in the row that was clicked", ...summaryCells(inClickedRow)],
          ["in another panel", ...summaryCells(inOtherPanel)],
        ],
      },
    ],
    verdicts: [
      {
        target: "a click's feedback ≤ 50 ms, p95",
        figure: milliseconds(inClickedRow.p95),
        meets: inClickedRow.p95 <= FEEDBACK_MS,
      },
      {
        target: "a change seen in another panel ≤ 300 ms, p95",
        figure: milliseconds(inOtherPanel.p95),
        meets: inOtherPanel.p95 <= ELSEWHERE_MS,
      },
    ],
    samples: { feedback, elsewhere },
  };
}

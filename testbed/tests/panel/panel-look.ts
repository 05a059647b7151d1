import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { NodeState } from "@tailnet-share/contract/node";
import { Snapshot } from "@tailnet-share/contract/snapshot";
import type { Workload } from "@tailnet-share/contract/workload";
import axe, { type AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import type { Theme } from "../fixtures/browser.ts";
import { showsNoSecret } from "../fixtures/planted-secrets.ts";

const ARTIFACTS = fileURLToPath(new URL("../../../.artifacts/pictures/", import.meta.url));
/** `UPDATE_PICTURES=1` retakes the pictures in the documents. */
const SHOWN = fileURLToPath(new URL("../../../docs/pictures/", import.meta.url));
export const NARROW = { width: 720, height: 720 };
/** Used in the pictures' image names, so that no existing tag moves. */
export const SAMPLE_REGISTRY = "registry.example.com";
/** Replaces the login link, which differs in every run. */
const LOGIN_LINK = "https://login.example.com/a/1f0c9a7b2d3e";

/** Ends every animation and stops the endless ones at the same angle, also those that begin with the next frames. */
export const STILL = `(async () => {
  for (let frames = 0; frames < 2; frames += 1) {
    for (const animation of document.getAnimations()) {
      const endless = animation.effect.getComputedTiming().endTime === Infinity;
      if (endless) { animation.pause(); animation.currentTime = 700; } else animation.finish();
    }
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  }
})()`;

/** Live regions in other live regions, which axe-core lets pass. */
const READ_TWICE = `(() => {
  const live = ":is([aria-live=polite], [aria-live=assertive], [role=alert], [role=status], [role=log])";
  return [...document.querySelectorAll(live + " " + live)].map((element) => element.outerHTML.slice(0, 120));
})()`;

/**
 * Checks that axe-core finds nothing serious or critical in the current page. `rule` limits the check to one rule. Ends animations
 * first: what fades in has too little contrast.
 */
export async function isAccessible(page: Page, rule?: string): Promise<void> {
  await page.evaluate(STILL);
  await page.evaluate(axe.source);
  const only = rule === undefined ? "" : `, runOnly: ${JSON.stringify(rule)}`;
  const { violations, passes } = await page.evaluate<AxeResults>(
    `axe.run(document, { resultTypes: ['violations']${only} })`,
  );
  expect(passes.length, "rules that applied").toBeGreaterThan(rule === undefined ? 10 : 0);
  expect(await page.evaluate<string[]>(READ_TWICE), "read twice by screen readers").toEqual([]);
  const bad = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  expect(
    bad.map(({ id, nodes }) => [id, ...nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`)]),
  ).toEqual([]);
}

/** Checks that nothing scrolls sideways, and that no control or text overflows the panel, whose frame would hide it. */
export async function fitsItsWidth(page: Page): Promise<void> {
  const tooWide = await page.evaluate<string[]>(`(() => {
    const width = document.documentElement.clientWidth;
    const words = (element) => (element.outerHTML.slice(0, 120));
    const scrolls = (element) => element.scrollWidth > element.clientWidth && /auto|scroll/.test(getComputedStyle(element).overflowX);
    const sticksOut = (element) => {
      const { left, right, width: own } = element.getBoundingClientRect();
      return own > 0 && (left < -0.5 || right > width + 0.5);
    };
    const all = [...document.querySelectorAll("#root *")].filter((element) => element.checkVisibility());
    return [
      ...(document.documentElement.scrollWidth > width ? ["the page scrolls"] : []),
      ...all.filter(scrolls).map((element) => "scrolls: " + words(element)),
      ...all.filter((element) => element.matches("button, a, input, h1, h2, p, li, [role]") && sticksOut(element)).map((element) => "sticks out: " + words(element)),
    ];
  })()`);
  expect(tooWide).toEqual([]);
}

/** Checks that the current page is accessible and fits into a panel of 720 pixels. Restores its size. */
export async function looksRight(page: Page): Promise<void> {
  await isAccessible(page);
  const before = page.viewportSize();
  await page.setViewportSize(NARROW);
  await fitsItsWidth(page);
  if (before !== null) await page.setViewportSize(before);
}

/**
 * Removes from the backend's answers everything specific to this run: unrelated containers on the same engine, the login link,
 * the control server's address, the samples' registry. Use it for pictures only.
 */
export function onlyForPictures(keep: (workload: Workload) => boolean): (page: Page) => Promise<void> {
  return async (page) => {
    await page.route("**/__dd/request", async (route) => {
      // Closing a panel cancels its long poll.
      const response = await route.fetch({ timeout: 0 }).catch(() => null);
      if (response === null) return;
      const answer = (await response.json()) as { status: number; body: string };
      const json = { ...answer, body: JSON.stringify(stable(JSON.parse(answer.body), keep)) };
      await route.fulfill({ response, json }).catch(() => {});
    });
  };
}

function stable(body: unknown, keep: (workload: Workload) => boolean): unknown {
  const parsed = Snapshot.safeParse(body);
  if (!parsed.success) return body;
  const { node, workloads } = parsed.data;
  const shown = workloads.filter(keep).map((workload) => ({
    ...workload,
    image: workload.image.replace(`${SAMPLE_REGISTRY}/`, ""),
  }));
  return { ...parsed.data, node: stableNode(node), workloads: shown };
}

function stableNode(node: NodeState): NodeState {
  if (node.state === "logged-out" && node.login?.url) return { ...node, login: { url: LOGIN_LINK } };
  // Headscale names its tailnet after its own address.
  return node.state === "connected" ? { ...node, tailnet: "example.com" } : node;
}

/** Writes `<screen>-<theme>.png` of a page without secrets. */
export async function takePicture(page: Page, screen: string, theme: Theme): Promise<void> {
  await showsNoSecret(page);
  await page.evaluate(STILL);
  await page.evaluate("document.fonts.ready");
  await page.screenshot({ path: await picturePath(`${screen}-${theme}.png`) });
}

/** Returns the place of a new picture: among the documents' with `UPDATE_PICTURES=1` if they have it, else among the artifacts. */
export async function picturePath(file: string): Promise<string> {
  const update = process.env.UPDATE_PICTURES === "1" && existsSync(join(SHOWN, file));
  const path = join(update ? SHOWN : ARTIFACTS, file);
  await mkdir(dirname(path), { recursive: true });
  return path;
}

/** Makes a page record the browser's layout shifts. Call it before the page loads anything. */
export async function watchMovements(page: Page): Promise<void> {
  await page.addInitScript(`
    window.__score = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.__score += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
  `);
}

/**
 * Movements since the last call: the browser's own score, including shifts after a click, and list lines with a changed position
 * or height.
 */
export async function movements(page: Page): Promise<{ score: number; rows: readonly string[] }> {
  return await page.evaluate<{ score: number; rows: string[] }>(`new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(() => {
      const before = window.__places ?? new Map();
      const all = [...document.querySelectorAll("[role=listitem]")];
      window.__places = new Map(all.map((row) => {
        const { top, height } = row.getBoundingClientRect();
        return [row.getAttribute("aria-label").split(",")[0], top + "+" + height];
      }));
      const rows = [...window.__places].flatMap(([name, place]) =>
        before.has(name) && before.get(name) !== place ? [name + ": " + before.get(name) + " to " + place] : []);
      const score = window.__score;
      window.__score = 0;
      resolve({ score, rows });
    }));
  })`);
}

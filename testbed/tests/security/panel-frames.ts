import type { Page } from "playwright-core";
import { expect } from "vitest";

/** Checks that none of the page's frames shows the panel. */
export async function framesNoPanel(page: Page): Promise<void> {
  const titles = async () =>
    await Promise.all(
      page
        .frames()
        .slice(1)
        .map(async (frame) => await frame.title()),
    );
  await expect.poll(titles).not.toContain("Tailnet Share");
}

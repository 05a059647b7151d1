import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";
import { focusIsVisible, tabTo } from "../fixtures/browser.ts";

/** Acts as a user without a mouse who hears or sees the focus. `page`: the panel's current page. */
export function keyboardOf(page: () => Page) {
  const press = async (key: string): Promise<void> => await page().keyboard.press(key);
  return {
    press,
    /** Checks what a screen reader finds in a part of the panel: roles, names and states, one per line. */
    async finds(part: Locator, ...lines: readonly string[]): Promise<void> {
      const all = await part.ariaSnapshot();
      for (const line of lines) expect(all).toContain(line);
    },
    /** Moves to the element by Tab and checks that the focus is visible. */
    async goTo(element: Locator): Promise<void> {
      await tabTo(page(), element);
      await focusIsVisible(page(), element);
    },
    async pressAt(element: Locator, key: string): Promise<void> {
      await tabTo(page(), element);
      await press(key);
    },
    /** Types in the search field to leave one row, because the list may contain unrelated containers. */
    async searchFor(name: string): Promise<void> {
      await tabTo(page(), page().getByRole("searchbox", { name: "Search containers" }));
      await page().keyboard.type(name);
    },
  };
}

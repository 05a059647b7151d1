import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { render, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { ActionButton } from "./action-button.tsx";

test("keeps the focus when its action starts, does nothing then, and submits nothing", async () => {
  const act = vi.fn();
  const submit = vi.fn((event: Event) => event.preventDefault());
  const user = userEvent.setup();
  const form = (off: boolean) => (
    <form onSubmit={(event) => submit(event.nativeEvent)}>
      <input aria-label="Text" />
      <ActionButton type="submit" off={off} onClick={act}>
        Save
      </ActionButton>
    </form>
  );
  const { rerender } = render(form(false));
  const button = screen.getByRole("button");
  await user.click(button);
  expect([act.mock.calls.length, submit.mock.calls.length]).toEqual([1, 1]);
  rerender(form(true));
  expect(document.activeElement).toBe(button);
  expect(button.getAttribute("aria-disabled")).toBe("true");
  await user.keyboard("{Enter}");
  await user.type(screen.getByRole("textbox"), "x{Enter}");
  expect([act.mock.calls.length, submit.mock.calls.length]).toEqual([1, 1]);
});

test("no other button turns itself off", () => {
  const root = join(import.meta.dirname, "..");
  const sources = readdirSync(root, { recursive: true, encoding: "utf8" }).filter(
    (path) => path.endsWith(".tsx") && !path.endsWith(".test.tsx") && !path.endsWith("action-button.tsx"),
  );
  const found = sources.filter((path) =>
    /<(?:Icon)?Button\b[^>]*?\b(?:aria-)?disabled=/su.test(readFileSync(join(root, path), "utf8")),
  );
  expect(found).toEqual([]);
});

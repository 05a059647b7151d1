import { screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { share } from "../../testing/fixtures.ts";
import { renderPanel } from "../../testing/render-panel.tsx";
import { on, WEB } from "../../testing/web-row.ts";

it("keeps the focus on its button while a check runs, and ignores another press", async () => {
  const { host, user, settle, details } = await renderPanel(on());
  let answer: (report: unknown) => void = () => {};
  host.on(`POST /shares/${WEB}/check`, () => new Promise((resolve) => (answer = resolve)));
  await details();
  const button = screen.getByRole("button", { name: "Test connection: shop/web" });
  button.focus();
  await user.keyboard("{Enter}");
  expect(button.textContent).toBe("Testing…");
  expect(button.getAttribute("aria-disabled")).toBe("true");
  await user.keyboard("{Enter}");
  await user.click(button);
  expect(host.changes).toHaveLength(1);
  expect(document.activeElement).toBe(button);
  answer({
    hops: [{ hop: "container", outcome: "passed", detail: "" }],
    of: { run: "running", containerId: "a".repeat(64), exposure: share().exposure },
  });
  await settle();
  const result = screen.getByRole("list", { name: "Test result" });
  expect(within(result).getAllByRole("listitem")).toHaveLength(1);
  expect(result.closest("[aria-live]")?.getAttribute("aria-live")).toBe("polite");
  expect(document.activeElement).toBe(button);
  await user.keyboard("{Enter}");
  expect(host.changes).toHaveLength(2);
});

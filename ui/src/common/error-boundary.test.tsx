import { render, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { BrokenScreen } from "../screens/broken-screen.tsx";
import { ErrorBoundary } from "./error-boundary.tsx";

let broken = true;
function Part() {
  if (broken) throw new Error("a mistake");
  return <p>drawn</p>;
}

// React and the page also log errors that a boundary catches.
const quiet = (event: Event) => event.preventDefault();
beforeEach(() => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  window.addEventListener("error", quiet);
});
afterEach(() => {
  vi.restoreAllMocks();
  window.removeEventListener("error", quiet);
});

it("a part that cannot be drawn says so, and is drawn once it can be", async () => {
  broken = true;
  render(
    <ErrorBoundary fallback={(again) => <BrokenScreen again={again} />}>
      <Part />
    </ErrorBoundary>,
  );
  expect(screen.getByRole("alert").textContent).toContain("Your shares aren't affected");
  broken = false;
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(screen.getByText("drawn")).toBeTruthy();
});

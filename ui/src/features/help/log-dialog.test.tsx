import { screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { Problem } from "../../host/problem.ts";
import { snapshot } from "../../testing/fixtures.ts";
import { renderPanel } from "../../testing/render-panel.tsx";

async function opened(answer: () => unknown) {
  const panel = await renderPanel(snapshot(), (host) => host.on("GET /logs", answer));
  await panel.user.click(screen.getByRole("button", { name: "Account and settings" }));
  await panel.user.click(screen.getByRole("menuitem", { name: "View logs" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Logs" }));
  await panel.settle();
  return { ...panel, dialog };
}
const lines = (title: string) => screen.getByRole("region", { name: title }).textContent;

describe("the last log lines", () => {
  it("are those of the backend and those of Tailscale, each to be copied", async () => {
    const { host, user, dialog } = await opened(() => ({ backend: ["one", "two"], tailscaled: ["three"] }));
    expect([lines("Backend"), lines("Tailscale")]).toEqual(["one\ntwo", "three"]);
    await user.click(dialog.getByRole("button", { name: "Copy the backend's last lines" }));
    await user.click(dialog.getByRole("button", { name: "Copy Tailscale's last lines" }));
    expect(host.copied).toEqual(["one\ntwo", "three"]);
  });

  it("are asked for again on demand, and stay until there is an answer", async () => {
    let asked = 0;
    const { user, settle, dialog } = await opened(() => {
      asked += 1;
      return { backend: [`answer ${asked}`], tailscaled: [] };
    });
    expect(lines("Tailscale")).toBe("No lines yet.");
    await user.click(dialog.getByRole("button", { name: "Refresh" }));
    await settle();
    expect(lines("Backend")).toBe("answer 2");
  });

  it("say why they are not there", async () => {
    const { dialog } = await opened(() => Promise.reject(new Problem("BACKEND_SILENT", "It is silent.", "")));
    expect(dialog.getByText("Couldn't load the logs.")).toBeTruthy();
    expect(dialog.getByText(/It is silent./)).toBeTruthy();
  });

  it("draw markup as text", async () => {
    await opened(() => ({ backend: ["<img src=x onerror=alert(1)>"], tailscaled: [] }));
    expect(lines("Backend")).toBe("<img src=x onerror=alert(1)>");
    expect(document.querySelector("img")).toBeNull();
  });

  it("give the focus back to the menu's button when they are closed", async () => {
    const { user, dialog, settle } = await opened(() => ({ backend: [], tailscaled: [] }));
    await user.click(dialog.getByRole("button", { name: "Close" }));
    await settle();
    expect(document.activeElement).toBe(screen.getByRole("button", { name: "Account and settings" }));
  });
});

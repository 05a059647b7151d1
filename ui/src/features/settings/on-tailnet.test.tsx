import type { PanelOnTailnet } from "@tailnet-share/contract/session";
import { screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { Problem } from "../../host/problem.ts";
import { settings, snapshot } from "../../testing/fixtures.ts";
import { renderPanel } from "../../testing/render-panel.tsx";

const URL = "https://docker-anna.tail1234.ts.net:4180/";

async function opened(panelOnTailnet: PanelOnTailnet | null) {
  const isOn = panelOnTailnet !== null && panelOnTailnet.state !== "off";
  const panel = await renderPanel(snapshot({ panelOnTailnet, settings: settings({ panelOnTailnet: isOn }) }));
  await panel.user.click(screen.getByRole("button", { name: "Account and settings" }));
  await panel.user.click(screen.getByRole("menuitem", { name: "Settings" }));
  return { ...panel, dialog: within(await screen.findByRole("dialog", { name: "Settings" })) };
}
const check = () =>
  screen.getByRole<HTMLInputElement>("checkbox", { name: "Open the panel from the tailnet" });

describe("opening the panel from the tailnet", () => {
  it("is no setting where browsers get no panel", async () => {
    const { dialog } = await opened(null);
    expect(dialog.queryByText("This panel")).toBeNull();
  });

  it("is saved at once, and shows the address to copy", async () => {
    const { host, user, dialog, publish, settle } = await opened({ state: "off" });
    const on = snapshot({
      panelOnTailnet: { state: "open", url: URL },
      settings: settings({ panelOnTailnet: true }),
    });
    host.on("PATCH /settings", () => on);
    expect(check().checked).toBe(false);
    await user.click(check());
    expect(host.changes).toMatchObject([{ path: "/settings", body: { panelOnTailnet: true } }]);
    await publish(on);
    await settle();
    expect(check().checked).toBe(true);
    await user.click(dialog.getByRole("button", { name: "Copy the panel's address in the tailnet" }));
    expect(host.copied).toEqual([URL]);
  });

  it("says what it waits for", async () => {
    const { dialog } = await opened({ state: "pending", fault: null });
    expect(dialog.getByText("Opens as soon as this node is connected.")).toBeTruthy();
  });

  it("says why it doesn't open", async () => {
    const fault = {
      code: "NODE_PORT_TAKEN" as const,
      message: "Port 4180 is used by proxy.",
      hint: "Choose another.",
    };
    const { dialog } = await opened({ state: "pending", fault });
    expect(dialog.getByRole("status").textContent).toContain("Port 4180 is used by proxy.");
  });

  it("stays off, with the reason, when it can't be saved", async () => {
    const { host, user, settle } = await opened({ state: "off" });
    host.on("PATCH /settings", () =>
      Promise.reject(
        new Problem("NODE_PORT_TAKEN", "Port 4180 on this node is used by proxy.", "Choose another."),
      ),
    );
    await user.click(check());
    await settle();
    expect(check().checked).toBe(false);
    expect(screen.getByRole("alert").textContent).toContain("used by proxy");
  });
});

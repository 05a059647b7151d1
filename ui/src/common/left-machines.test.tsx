import { screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { Problem } from "../host/problem.ts";
import { loggedOut, snapshot } from "../testing/fixtures.ts";
import { renderPanel } from "../testing/render-panel.tsx";

const TAILSCALES = "https://controlplane.tailscale.com";
const WEB = { key: "00000000000000aa", name: "web", controlUrl: TAILSCALES };
const API = { key: "00000000000000bb", name: "api", controlUrl: "https://hs.example.com" };
const left = (machines: (typeof WEB)[], first = snapshot()) => ({
  ...first,
  alerts: [
    {
      code: "MACHINE_NOT_REMOVED" as const,
      message: "A machine could not be taken out of the tailnet yet.",
      hint: "Retrying automatically.",
      machines,
    },
  ],
});

describe("machines that can't be removed from their tailnet", () => {
  async function ask(machines: (typeof WEB)[]) {
    const panel = await renderPanel(left(machines));
    await panel.user.click(await screen.findByRole("button", { name: "Forget…" }));
    const dialog = within(await screen.findByRole("dialog"));
    return { ...panel, dialog };
  }

  it("are named, and retried at once on a click", async () => {
    const { host, user } = await renderPanel(left([WEB, API]));
    expect(await screen.findByText("Still in the tailnet: web and api.")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(host.changes).toMatchObject([{ method: "POST", path: "/retry" }]);
  });

  it("are forgotten only after the dialog has said what stays behind, and where to remove it", async () => {
    const { host, user, settle, dialog } = await ask([WEB]);
    expect(screen.getByRole("dialog", { name: "Forget web?" })).toBeTruthy();
    expect(dialog.getByText(/A device named web stays in the tailnet's list, offline/)).toBeTruthy();
    await user.click(dialog.getByRole("link", { name: "admin console" }));
    expect(host.opened).toEqual(["https://login.tailscale.com/admin/machines"]);
    expect(host.changes).toEqual([]);
    host.on(`DELETE /retirements/${WEB.key}`, () => snapshot({ revision: "later" }));
    await user.click(dialog.getByRole("button", { name: "Forget" }));
    await settle();
    expect(host.changes).toMatchObject([{ method: "DELETE", path: `/retirements/${WEB.key}` }]);
    expect(screen.queryByText(/Still in the tailnet/)).toBeNull();
  });

  it("of another control server are removed in that server's own list", async () => {
    const { user, host, dialog } = await ask([API]);
    expect(dialog.getByText(/on the control server hs.example.com, with Headscale by/)).toBeTruthy();
    expect(dialog.queryByRole("link")).toBeNull();
    await user.click(dialog.getByRole("button", { name: "Cancel" }));
    expect(host.changes).toEqual([]);
  });

  it("are forgotten one after the other; the first that fails ends it and is named", async () => {
    const { host, user, settle, dialog } = await ask([WEB, API]);
    expect(dialog.getByText(/A device named web stays/)).toBeTruthy();
    expect(dialog.getByText(/A device named api stays/)).toBeTruthy();
    host.on(`DELETE /retirements/${WEB.key}`, () => {
      throw new Problem("STORE_UNWRITABLE", "The disk is full.", "Free space.");
    });
    await user.click(dialog.getByRole("button", { name: "Forget" }));
    await settle();
    expect(host.changes).toHaveLength(1);
    expect(screen.getByText("Couldn't forget web.")).toBeTruthy();
  });

  it("are also shown while the node is logged out", async () => {
    await renderPanel(left([WEB], loggedOut()));
    expect(await screen.findByText("Still in the tailnet: web.")).toBeTruthy();
  });
});

import { screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { share, snapshot, workload } from "../testing/fixtures.ts";
import { renderPanel } from "../testing/render-panel.tsx";

describe("the account menu", () => {
  const open = async (first = snapshot({ workloads: [workload({ share: share() })] })) => {
    const panel = await renderPanel(first);
    await panel.user.click(screen.getByRole("button", { name: "Account and settings" }));
    return panel;
  };

  it("says what logging out stops before it does", async () => {
    const { host, user } = await open();
    await user.click(screen.getByRole("menuitem", { name: "Log out" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Log out?" }));
    expect(dialog.getByText(/1 shared container becomes unreachable/)).toBeTruthy();
    expect(host.changes).toEqual([]);
    await user.click(dialog.getByRole("button", { name: "Log out" }));
    expect(host.changes).toMatchObject([{ method: "POST", path: "/logout" }]);
  });

  it("switches to another account", async () => {
    const account = { tailnet: "work.test", controlUrl: "", current: false };
    const first = snapshot();
    const { host, user } = await open({
      ...first,
      accounts: [...first.accounts, { ...account, id: "b", user: "bo" }],
    });
    await user.click(screen.getByRole("menuitemradio", { name: /bo/ }));
    expect(host.changes).toMatchObject([{ method: "PATCH", path: "/node", body: { account: "b" } }]);
  });

  it("pauses, and shows which versions run", async () => {
    const { host, user } = await open();
    expect(screen.getByText("Tailnet Share 0.1.0 · Tailscale 1.92.3")).toBeTruthy();
    await user.click(screen.getByRole("menuitem", { name: /Pause sharing/ }));
    expect(host.changes).toMatchObject([{ body: { connected: false } }]);
  });

  it("saves the diagnostics as a file", async () => {
    const { host, user, settle } = await open();
    host.on("GET /diagnostics", () => ({
      createdAt: "now",
      snapshot: snapshot(),
      health: ["fine"],
      tailscaledLog: [],
    }));
    await user.click(screen.getByRole("menuitem", { name: "Download diagnostics" }));
    await settle();
    expect(host.saved[0]).toContain("fine");
  });

  it("asks once before it stops sharing everything", async () => {
    const { host, user, settle } = await open();
    await user.click(screen.getByRole("menuitem", { name: "Stop sharing everything" }));
    await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Stop sharing" }));
    await settle();
    expect(host.changes).toMatchObject([{ method: "DELETE", path: "/shares/compose:shop/web/1" }]);
  });
});

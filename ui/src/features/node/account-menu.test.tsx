import { screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { Problem } from "../../host/problem.ts";
import { machineShare, share, snapshot, workload } from "../../testing/fixtures.ts";
import { renderPanel } from "../../testing/render-panel.tsx";

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
    expect(dialog.getByText(/your share goes offline\. It's kept for your next login\./)).toBeTruthy();
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
    const words = "work.test · This node leaves example.com and joins work.test.";
    expect(screen.getByText(words)).toBeTruthy();
    await user.click(screen.getByRole("menuitemradio", { name: /bo/ }));
    expect(host.changes).toMatchObject([{ method: "PATCH", path: "/node", body: { account: "b" } }]);
  });

  it("says what another account stops before somebody logs in to it", async () => {
    await open();
    const item = screen.getByRole("menuitem", { name: /^Log in to another account/ });
    expect(item.textContent).toContain("Moves your share from example.com to the other tailnet.");
  });

  it("pauses, and has the versions as a menu item that copies them", async () => {
    const { host, user } = await open();
    await user.click(screen.getByRole("menuitem", { name: /^Copy version info/ }));
    expect(host.copied).toEqual(["Panel 0.1.0 · Backend 0.1.0 · Tailscale 1.92.3"]);
    await user.click(screen.getByRole("button", { name: "Account and settings" }));
    expect(screen.getByText("Panel 0.1.0 · Backend 0.1.0 · Tailscale 1.92.3")).toBeTruthy();
    await user.click(screen.getByRole("menuitem", { name: /Pause sharing/ }));
    expect(host.changes).toMatchObject([{ body: { connected: false } }]);
  });

  it("lists missing kernel features beside the versions", async () => {
    const missing = [{ ability: "byte-counts" as const, cost: "Bytes are not counted." }];
    const { host, user } = await open({ ...snapshot(), dataPlane: { mode: "kernel", fault: null, missing } });
    await user.click(screen.getByRole("menuitem", { name: /^Copy version info/ }));
    expect(host.copied).toEqual([
      "Panel 0.1.0 · Backend 0.1.0 · Tailscale 1.92.3 · Kernel without byte-counts: Bytes are not counted.",
    ]);
  });

  it("leads to the admin console and to the help, in the browser", async () => {
    const { host, user } = await open();
    await user.click(screen.getByRole("menuitem", { name: "Open the admin console" }));
    await user.click(screen.getByRole("button", { name: "Account and settings" }));
    await user.click(screen.getByRole("menuitem", { name: "Help" }));
    expect(host.opened).toEqual([
      "https://login.tailscale.com/admin/machines",
      "https://github.com/tailnet-share/tailnet-share#readme",
    ]);
  });

  it("has no admin console where the control server has none", async () => {
    const first = snapshot();
    const accounts = first.accounts.map((account) => ({ ...account, controlUrl: "https://hs.example.com" }));
    await open({ ...first, accounts });
    expect(screen.queryByRole("menuitem", { name: "Open the admin console" })).toBeNull();
  });

  it("saves the diagnostics as a file", async () => {
    const { host, user, settle } = await open();
    host.on("GET /diagnostics", () => ({
      createdAt: "now",
      snapshot: snapshot(),
      plan: [],
      failures: [],
      health: ["fine"],
      backendLog: [],
      tailscaledLog: [],
    }));
    await user.click(screen.getByRole("menuitem", { name: "Download diagnostics" }));
    await settle();
    expect(host.saved[0]).toContain("fine");
  });

  const until = "2026-03-01T20:00:00Z";
  const several = () =>
    snapshot({
      workloads: [
        workload({ share: share({ until }) }),
        workload({ id: "name:wiki", name: "wiki", project: null, share: machineShare({ httpsPort: 80 }) }),
        workload({ id: "name:db", name: "db", project: null }),
      ],
    });
  const stopEverything = async () => {
    const panel = await open(several());
    panel.host.on("DELETE /shares", () => snapshot());
    await panel.user.click(screen.getByRole("menuitem", { name: "Stop sharing everything" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Stop sharing everything?" }));
    expect(dialog.getByText(/^2 containers will no longer be reachable/)).toBeTruthy();
    expect(panel.host.changes).toEqual([]);
    return {
      ...panel,
      confirm: () => panel.user.click(dialog.getByRole("button", { name: "Stop sharing" })),
    };
  };

  it("asks once before it stops sharing everything, in one call", async () => {
    const { host, settle, confirm } = await stopEverything();
    await confirm();
    await settle();
    expect(host.changes.map(({ method, path }) => `${method} ${path}`)).toEqual(["DELETE /shares"]);
  });

  it("brings everything back as it was", async () => {
    const { host, user, settle, confirm } = await stopEverything();
    await confirm();
    await user.click(await screen.findByRole("button", { name: "Undo" }));
    await settle();
    expect(host.changes.slice(1).map(({ path, body }) => [path, body])).toEqual([
      ["/shares/compose:shop/web/1", { mode: "node", ports: share().ports, until }],
      [
        "/shares/name:wiki",
        {
          mode: "machine",
          ports: [{ port: 80, protocol: "tcp", nodePort: 80 }],
          machine: { name: "web", reachTailnet: false, httpsPort: 80, funnel: false },
        },
      ],
    ]);
  });

  it("shows everything as stopping at once, and as shared again with the reason when it fails", async () => {
    const { host, settle, confirm } = await stopEverything();
    let refuse: (reason: Problem) => void = () => {};
    host.on("DELETE /shares", () => new Promise((_resolve, reject) => (refuse = reject)));
    await confirm();
    expect(screen.getAllByText("Stopping…")).toHaveLength(2);
    refuse(new Problem("STORE_UNWRITABLE", "The shares could not be stored.", "Free disk space."));
    await settle();
    expect(screen.getByText("Couldn't stop sharing.")).toBeTruthy();
    expect(screen.queryByText("Stopping…")).toBeNull();
    expect(screen.queryByRole("button", { name: "Undo" })).toBeNull();
  });
});

import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { badAnswer } from "../../host/problem.ts";
import { fault, machineShare, share, snapshot, visitor, workload } from "../../testing/fixtures.ts";
import { renderPanel } from "../../testing/render-panel.tsx";

const WEB = "compose:shop/web/1";
const off = (extra: Parameters<typeof workload>[0] = {}) => snapshot({ workloads: [workload(extra)] });
const on = (extra: Parameters<typeof workload>[0] = {}) => off({ share: share(), ...extra });

describe("a row's details", () => {
  it("share another declared port beside the one that is shared", async () => {
    const ports = [80, 9090].map((port) => ({ port, protocol: "tcp" as const }));
    const { host, user, details } = await renderPanel(on({ ports }));
    await details();
    await user.click(screen.getByRole("checkbox", { name: "Share port 9090 TCP of shop/web" }));
    expect(host.changes).toMatchObject([
      {
        method: "PUT",
        body: {
          ports: [
            { port: 80, nodePort: 8080 },
            { port: 9090, protocol: "tcp" },
          ],
        },
      },
    ]);
  });

  it("copy the command that a fault tells to run", async () => {
    const command = "tailscale lock sign nodekey:1 tlpub:2";
    const locked = fault({ code: "TAILNET_LOCKED_OUT", hint: `Run: ${command}`, command });
    const { host, user, details } = await renderPanel(
      on({ share: { ...machineShare(), exposure: { state: "failed", fault: locked } } }),
    );
    await details();
    await user.click(screen.getByRole("button", { name: "Copy the command" }));
    expect(host.copied).toEqual([command]);
  });

  it("move a share to another port of the node", async () => {
    const { host, user, details } = await renderPanel(on());
    await details();
    const field = screen.getByRole("textbox", {
      name: "Port on this node for port 80 TCP of shop/web",
      description: "Changing the port drops open connections.",
    });
    await user.clear(field);
    await user.type(field, "81{Enter}");
    expect(host.changes).toMatchObject([{ body: { ports: [{ port: 80, nodePort: 81 }] } }]);
  });

  it("tick a port at once, keep the focus on it, and send the next tick when the first has been answered", async () => {
    const ports = [80, 9090, 9091].map((port) => ({ port, protocol: "tcp" as const }));
    const sharing = (...numbers: number[]) => {
      const list = numbers.map((port) => ({ port, protocol: "tcp" as const, nodePort: port }));
      return off({ ports, share: share({ ports: list }) });
    };
    const { host, user, settle, details } = await renderPanel(sharing(80));
    let answer: (snapshot: Snapshot) => void = () => {};
    host.on(`PUT /shares/${WEB}`, () => new Promise<Snapshot>((resolve) => (answer = resolve)));
    await details();
    const tick = (port: number) =>
      screen.getByRole<HTMLInputElement>("checkbox", { name: `Share port ${port} TCP of shop/web` });
    await user.click(tick(9090));
    await user.click(tick(9091));
    expect([tick(9090).checked, tick(9091).checked]).toEqual([true, true]);
    expect(host.changes).toHaveLength(1);
    answer(sharing(80, 9090));
    await settle();
    await settle();
    expect(host.changes[1]).toMatchObject({
      body: { ports: [{ port: 80 }, { port: 9090 }, { port: 9091 }] },
    });
    expect(document.activeElement).toBe(tick(9091));
  });

  it("untick a port again when the backend refuses", async () => {
    const ports = [80, 9090].map((port) => ({ port, protocol: "tcp" as const }));
    const { host, user, settle, details } = await renderPanel(on({ ports }));
    host.on(`PUT /shares/${WEB}`, () => Promise.reject(badAnswer()));
    await details();
    const tick = screen.getByRole<HTMLInputElement>("checkbox", { name: "Share port 9090 TCP of shop/web" });
    await user.click(tick);
    await settle();
    expect(tick.checked).toBe(false);
    expect(host.changes).toHaveLength(1);
  });

  it("say nothing of what a new port on the node ends, before there is a share", async () => {
    const { details } = await renderPanel(off());
    await details();
    expect(screen.queryByText(/drops open connections/)).toBeNull();
  });

  it("warn about a port that gives much away, as the row does", async () => {
    const { details } = await renderPanel(off({ ports: [{ port: 5432, protocol: "tcp" }] }));
    const warnings = () => screen.getAllByText(/Port 5432: PostgreSQL database/);
    expect(warnings()).toHaveLength(1);
    await details();
    expect(warnings()).toHaveLength(2);
  });

  it("say who is connected now, and nothing of nobody", async () => {
    const visitors = [visitor("phone", "anna@example.com", "direct"), visitor("ci", "", "relayed")];
    const { details, publish } = await renderPanel(on({ share: share({ visitors }) }));
    await details();
    expect(screen.getByText("Connected now: phone (anna@example.com, direct), ci (relayed)")).toBeTruthy();
    await publish(on());
    expect(screen.queryByText(/Connected now/)).toBeNull();
  });

  it("count the bytes of a machine, and name its clients, as of a share on the node", async () => {
    const visitors = [visitor("phone", "anna@example.com", "relayed")];
    const { details } = await renderPanel(
      on({
        share: machineShare(
          {},
          {
            visitors,
            traffic: { received: 12_345, sent: 0, since: new Date(2026, 1, 27, 9, 5).toISOString() },
          },
        ),
      }),
    );
    await details();
    expect(screen.getByText("Connected now: phone (anna@example.com, relayed)")).toBeTruthy();
    expect(screen.getByText("12.3 kB received, 0 B sent since 27 Feb at 09:05")).toBeTruthy();
  });

  it("name the hop that fails when the share is checked", async () => {
    const exposure = { state: "failed", fault: fault() } as const;
    const { host, user, details, publish } = await renderPanel(on({ share: share({ exposure }) }));
    host.on(`POST /shares/${WEB}/check`, () => ({
      hops: [
        { hop: "container", outcome: "passed", detail: "" },
        { hop: "network", outcome: "not-tried", detail: "nobody knows" },
        { hop: "listening", outcome: "failed", fault: fault({ message: "Refused by the container." }) },
      ],
      of: { run: "running", containerId: "a".repeat(64), exposure },
    }));
    await details();
    await user.click(screen.getByRole("button", { name: "Test connection: shop/web" }));
    const hops = within(await screen.findByRole("list", { name: "Test result" })).getAllByRole("listitem");
    expect(hops.map(({ textContent }) => textContent)).toEqual([
      "Passed · Container",
      "Skipped · Network: nobody knows",
      "Failed · Port: Refused by the container.",
    ]);
    expect(screen.getByText("Refused by the container.")).toBeTruthy();
    // A report must not appear for a different container.
    await publish(on({ share: share() }));
    expect(screen.getByText(/Something changed since this test/)).toBeTruthy();
    expect(screen.queryByText("Refused by the container.")).toBeNull();
    expect(screen.queryByText("All tests passed.")).toBeNull();
  });

  it("lead to the access controls where the tailnet's rules are in the way, if it has such a page", async () => {
    const denies = fault({ code: "ACL_DENIES", message: "Nobody may." });
    const own = on({ share: share() });
    const [account] = own.accounts;
    for (const controlUrl of [account?.controlUrl ?? "", "https://headscale.example.com"]) {
      const accounts = own.accounts.map((account) => ({ ...account, controlUrl }));
      const { host, user, details, unmount } = await renderPanel({ ...own, accounts });
      host.on(`POST /shares/${WEB}/check`, () => ({
        hops: [{ hop: "tailnet", outcome: "failed", fault: denies }],
        of: { run: "running", containerId: "a".repeat(64), exposure: share().exposure },
      }));
      await details();
      await user.click(screen.getByRole("button", { name: "Test connection: shop/web" }));
      await screen.findByText("ACL_DENIES");
      const link = screen.queryByRole("link", { name: "Open the access controls, for shop/web" });
      expect(link?.getAttribute("href") ?? null).toBe(
        controlUrl.includes("headscale") ? null : "https://login.tailscale.com/admin/acls",
      );
      unmount();
    }
  });
});

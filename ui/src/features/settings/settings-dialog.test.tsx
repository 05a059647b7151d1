import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { Problem } from "../../host/problem.ts";
import { loggedOut, machineShare, settings, snapshot, workload } from "../../testing/fixtures.ts";
import { renderPanel } from "../../testing/render-panel.tsx";

async function opened(first: Snapshot = snapshot()) {
  const panel = await renderPanel(first);
  await panel.user.click(screen.getByRole("button", { name: "Account and settings" }));
  await panel.user.click(screen.getByRole("menuitem", { name: "Settings" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Settings" }));
  return { ...panel, dialog };
}

describe("the settings dialog", () => {
  it("gives the focus back to the button of the menu that led to it", async () => {
    const { user, dialog, settle } = await opened();
    await user.click(dialog.getByRole("button", { name: "Close" }));
    await settle();
    expect(screen.queryByRole("dialog", { name: "Settings" })).toBeNull();
    expect(document.activeElement).toBe(screen.getByRole("button", { name: "Account and settings" }));
  });

  it("closes with Escape", async () => {
    const { user, settle } = await opened();
    await user.keyboard("{Escape}");
    await settle();
    expect(document.activeElement).toBe(screen.getByRole("button", { name: "Account and settings" }));
  });

  it("is there before anybody has logged in", async () => {
    const { dialog } = await opened(loggedOut());
    expect(dialog.getByRole("textbox", { name: "Control server" })).toBeTruthy();
  });
});

describe("what one click does", () => {
  const radio = (name: string) =>
    within(screen.getByRole("radiogroup", { name: "Default for new shares" })).getByRole<HTMLInputElement>(
      "radio",
      { name },
    );

  it("is saved as soon as it is picked, and says what it comes to now", async () => {
    const { host, user, dialog } = await opened();
    host.on("PATCH /settings", () =>
      snapshot({ settings: settings({ oneClick: "machine", oneClickMode: "machine" }) }),
    );
    expect(radio("Automatic").checked).toBe(true);
    expect(dialog.getByText(/Now: on this node\./)).toBeTruthy();
    await user.click(radio("Own machine"));
    expect(host.changes).toMatchObject([
      { method: "PATCH", path: "/settings", body: { oneClick: "machine" } },
    ]);
    expect(radio("Own machine").checked).toBe(true);
    expect(dialog.getByText("Saved")).toBeTruthy();
  });

  it("stays as it was, with the reason, when it cannot be saved", async () => {
    const { host, user, dialog, settle } = await opened();
    host.on("PATCH /settings", () =>
      Promise.reject(new Problem("STORE_UNWRITABLE", "The setting could not be stored.", "Free disk space.")),
    );
    await user.click(radio("On this node"));
    await settle();
    expect(radio("Automatic").checked).toBe(true);
    expect(dialog.getByRole("alert").textContent).toContain("The setting could not be stored.");
  });
});

describe("names of new machines", () => {
  it("show what comes of them, and are saved as soon as they are picked", async () => {
    const { host, user, dialog } = await opened();
    host.on("PATCH /settings", () => snapshot({ settings: settings({ machineNames: "project-service" }) }));
    expect(dialog.getByText(/becomes web\.tail1234\.ts\.net/)).toBeTruthy();
    expect(dialog.getByText(/becomes shop-web\.tail1234\.ts\.net/)).toBeTruthy();
    const choice = dialog.getByRole<HTMLInputElement>("radio", { name: "Project and service" });
    await user.click(choice);
    expect(host.changes).toMatchObject([{ path: "/settings", body: { machineNames: "project-service" } }]);
    expect(choice.checked).toBe(true);
  });
});

describe("certificate authorities", () => {
  const pem = "-----BEGIN CERTIFICATE-----AAAA-----END CERTIFICATE-----";

  it("are pasted, and saved with a click", async () => {
    const { host, user, dialog } = await opened();
    const authorities = [{ name: "Example Ltd", until: "2030-01-01T00:00:00.000Z" }];
    host.on("PATCH /settings", () => snapshot({ settings: settings({ authorities }) }));
    await user.click(dialog.getByRole("textbox", { name: "Certificate authority" }));
    await user.paste("hello");
    expect(dialog.getByText("Paste a certificate in PEM.")).toBeTruthy();
    await user.clear(dialog.getByRole("textbox", { name: "Certificate authority" }));
    await user.paste(pem);
    await user.click(dialog.getByRole("button", { name: "Save certificate authority" }));
    expect(host.changes).toMatchObject([{ path: "/settings", body: { authorities: pem } }]);
    expect(dialog.getByText(/Trusted: Example Ltd/)).toBeTruthy();
  });

  it("are removed with a click", async () => {
    const authorities = [{ name: "Example Ltd", until: "2030-01-01T00:00:00.000Z" }];
    const { host, user, dialog } = await opened(snapshot({ settings: settings({ authorities }) }));
    host.on("PATCH /settings", () => snapshot());
    await user.click(dialog.getByRole("button", { name: "Remove" }));
    expect(host.changes).toMatchObject([{ path: "/settings", body: { authorities: "" } }]);
  });
});

describe("notices of updates", () => {
  it("are all of them, those about security, or none", async () => {
    const { host, user, dialog } = await opened();
    host.on("PATCH /settings", () => snapshot({ settings: settings({ updateNotices: "security" }) }));
    expect(dialog.getByRole<HTMLInputElement>("radio", { name: "All releases" }).checked).toBe(true);
    await user.click(dialog.getByRole("radio", { name: "Security fixes only" }));
    expect(host.changes).toMatchObject([{ path: "/settings", body: { updateNotices: "security" } }]);
    expect(dialog.getByRole("radio", { name: "None" })).toBeTruthy();
  });
});

describe("tailscale's version of machines", () => {
  it("says what runs, takes a tag of the image and says so when it is saved", async () => {
    const workloads = [workload({ share: machineShare() })];
    const { host, user, dialog } = await opened(snapshot({ workloads }));
    expect(dialog.getByText("Running now: 1.92.3 in 1 machine.")).toBeTruthy();
    const field = dialog.getByRole("textbox", { name: "Tailscale version" });
    await user.type(field, "1.102");
    expect(dialog.getByText(/Enter stable, latest, unstable or a version/)).toBeTruthy();
    await user.clear(field);
    await user.type(field, "v1.102{Enter}");
    expect(host.changes).toMatchObject([{ path: "/settings", body: { machineTailscale: "v1.102" } }]);
    expect(dialog.getByText("Saved")).toBeTruthy();
  });
});

describe("this node", () => {
  it("is renamed in the tailnet when it is logged in", async () => {
    const { host, user, dialog } = await opened();
    const field = dialog.getByRole("textbox", { name: "Machine name" });
    await user.clear(field);
    await user.type(field, "docker-bo");
    const save = dialog.getByRole("button", { name: "Save machine name" });
    await user.click(save);
    expect(host.changes).toMatchObject([{ method: "PATCH", path: "/node", body: { hostname: "docker-bo" } }]);
    expect(document.activeElement).toBe(save);
  });

  it("keeps its name for the next login before there is one", async () => {
    const { host, user, dialog } = await opened(loggedOut());
    await user.type(dialog.getByRole("textbox", { name: "Machine name" }), "-2{Enter}");
    expect(host.changes).toMatchObject([{ path: "/settings", body: { hostname: "docker-anna-2" } }]);
  });

  it("takes no control server that is none, and puts what is saved into the login's options", async () => {
    const { host, user, dialog, settle } = await opened(loggedOut());
    const controlUrl = "https://hs.example.com";
    host.on("PATCH /settings", () => ({ ...loggedOut(), settings: settings({ controlUrl }) }));
    const field = dialog.getByRole("textbox", { name: "Control server" });
    await user.type(field, "hs.example.com{Enter}");
    expect(host.changes).toEqual([]);
    await user.clear(field);
    await user.type(field, `${controlUrl}{Enter}`);
    await user.click(dialog.getByRole("button", { name: "Close" }));
    await settle();
    await user.click(screen.getByRole("button", { name: "Log in" }));
    expect(host.changes.at(-1)).toMatchObject({ path: "/login", body: { controlUrl } });
  });
});

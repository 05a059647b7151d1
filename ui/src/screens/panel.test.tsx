import { screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { fault, IDENTITY, LOGIN_URL, loggedOut, share, snapshot, workload } from "../testing/fixtures.ts";
import { renderPanel } from "../testing/render-panel.tsx";

describe("before the backend answers", () => {
  it("shows rows to come, then says it is not running, and mends itself", async () => {
    const { host, pass } = await renderPanel(snapshot(), (fake) => fake.reachable(false));
    expect(screen.getByTestId("skeleton")).toBeTruthy();
    for (const wait of [250, 500, 1_000, 2_000]) await pass(wait);
    expect(screen.getByRole("alert").textContent).toContain("BACKEND_UNREACHABLE");
    host.reachable(true);
    await pass(4_000);
    expect(screen.getByText("Connected · docker-anna · example.com")).toBeTruthy();
  });

  it("tries again at once when asked to", async () => {
    const { host, user, pass, settle } = await renderPanel(snapshot(), (fake) => fake.reachable(false));
    for (const wait of [250, 500, 1_000, 2_000]) await pass(wait);
    host.reachable(true);
    await user.click(screen.getByRole("button", { name: "Try again" }));
    await settle();
    expect(screen.getByRole("list", { name: "Containers" })).toBeTruthy();
  });
});

describe("while the node starts", () => {
  const starting = snapshot({ node: { state: "starting", waitsFor: "Tailscale to start" } });

  it("says what it waits for, and offers help only after ten seconds", async () => {
    const { pass } = await renderPanel(starting);
    expect(screen.getByText("Waiting for Tailscale to start.")).toBeTruthy();
    await pass(9_999);
    expect(screen.queryByRole("button", { name: "Details" })).toBeNull();
    await pass(1);
    expect(screen.getByRole("button", { name: "Try again" })).toBeTruthy();
  });

  it("shows the log's last lines on demand", async () => {
    const { host, user, pass } = await renderPanel(starting);
    host.on("GET /logs", () => ({ backend: ["the engine answers"], tailscaled: ["opening the state file"] }));
    await pass(10_000);
    await user.click(screen.getByRole("button", { name: "Details" }));
    expect(await screen.findByText("opening the state file")).toBeTruthy();
    expect(screen.getByRole("region", { name: "Backend" }).textContent).toBe("the engine answers");
  });
});

describe("logging in", () => {
  it("opens the browser once, as soon as there is a link, and shows the link too", async () => {
    const { host, user, publish, settle } = await renderPanel(loggedOut());
    host.on("POST /login", () => loggedOut(null));
    await user.click(screen.getByRole("button", { name: "Log in" }));
    await settle();
    expect(host.opened).toEqual([]);
    await publish(loggedOut(LOGIN_URL));
    await publish(loggedOut(LOGIN_URL));
    expect(host.opened).toEqual([LOGIN_URL]);
    expect(screen.getByText("Continue in your browser")).toBeTruthy();
    expect(screen.getByRole("link", { name: LOGIN_URL })).toBeTruthy();
    expect(await screen.findByRole("img", { name: "QR code of the login link" })).toBeTruthy();
  });

  it("can be cancelled, and can be given a new link", async () => {
    const { host, user } = await renderPanel(loggedOut(LOGIN_URL));
    await user.click(screen.getByRole("button", { name: "Get a new link" }));
    await user.click(screen.getByRole("button", { name: "Cancel" }));
    expect(host.changes).toMatchObject([
      { method: "POST", path: "/login", body: { fresh: true } },
      { method: "DELETE", path: "/login" },
    ]);
    expect(host.opened).toEqual([]);
  });

  it("takes an auth key and keeps it nowhere", async () => {
    const { host, user, settle } = await renderPanel(loggedOut());
    await user.click(screen.getByRole("button", { name: "Use an auth key" }));
    const field = screen.getByLabelText<HTMLInputElement>("Auth key");
    expect(field.type).toBe("password");
    await user.type(field, "tskey-auth-secret");
    await user.click(screen.getByRole("button", { name: "Log in with auth key" }));
    await settle();
    expect(host.changes).toMatchObject([{ body: { authKey: "tskey-auth-secret" } }]);
    expect(screen.getByLabelText<HTMLInputElement>("Auth key").value).toBe("");
    expect(JSON.stringify([...host.memory])).not.toContain("secret");
  });

  it("checks the machine's name while it is typed", async () => {
    const { user } = await renderPanel(loggedOut());
    await user.click(screen.getByRole("button", { name: "Machine name" }));
    const field = screen.getByRole("textbox", { name: "Machine name" });
    await user.type(field, "!");
    expect(screen.getByText(/lower-case letters/)).toBeTruthy();
    expect(screen.getByRole("button", { name: "Log in" }).ariaDisabled).toBe("true");
  });

  it("goes to another control server when told to", async () => {
    const { host, user } = await renderPanel(loggedOut());
    await user.click(screen.getByRole("button", { name: "Use another control server" }));
    await user.type(screen.getByRole("textbox", { name: "Control server" }), "https://hs.example.com");
    await user.click(screen.getByRole("button", { name: "Log in" }));
    expect(host.changes).toMatchObject([
      { body: { controlUrl: "https://hs.example.com", hostname: "docker-anna" } },
    ]);
  });
});

describe("states that need somebody", () => {
  it("resumes from pause", async () => {
    const { host, user } = await renderPanel(snapshot({ node: { ...IDENTITY, state: "paused" } }));
    await user.click(screen.getByRole("button", { name: "Resume" }));
    expect(host.changes).toMatchObject([{ method: "PATCH", path: "/node", body: { connected: true } }]);
  });

  it("keeps the focus near when what had it goes away by itself, and takes it from nobody", async () => {
    const workloads = [workload()];
    const paused = () => snapshot({ node: { ...IDENTITY, state: "paused" }, workloads });
    const { publish } = await renderPanel(paused());
    screen.getByRole("button", { name: "Resume" }).focus();
    await publish(snapshot({ workloads }));
    await waitFor(() => expect(document.activeElement).toBe(screen.getByRole("main")));

    await publish(paused());
    screen.getByRole("button", { name: "Resume" }).focus();
    const toggle = screen.getByRole("switch", { name: "Share shop/web" });
    toggle.focus();
    await publish(snapshot({ workloads }));
    await waitFor(() => expect(screen.queryByRole("button", { name: "Resume" })).toBeNull());
    expect(document.activeElement).toBe(toggle);
  });

  it("logs in again after the key has expired, with the list still there", async () => {
    const node = { state: "expired", name: "docker-anna", login: null, fault: null } as const;
    const { host, user } = await renderPanel(snapshot({ node, workloads: [workload({ share: share() })] }));
    await user.click(screen.getByRole("button", { name: "Reauthenticate" }));
    expect(host.changes).toMatchObject([{ method: "POST", path: "/login" }]);
    expect(screen.getByRole("switch", { name: "Share shop/web" })).toBeTruthy();
  });

  it("says who has to approve a new device, links to where that is done, and goes on by itself", async () => {
    const adminUrl = "https://login.tailscale.com/admin/machines";
    const waits = snapshot({ node: { state: "needs-approval", adminUrl } });
    const { host, user, publish } = await renderPanel(waits);
    expect(screen.getByText(/An admin must approve this device/)).toBeTruthy();
    await user.click(screen.getByRole("link", { name: "Open the admin console" }));
    expect(host.opened).toEqual([adminUrl]);
    expect(screen.queryByRole("list", { name: "Containers" })).toBeNull();
    await publish(snapshot());
    expect(screen.getByRole("list", { name: "Containers" })).toBeTruthy();
    expect(screen.queryByText(/[Aa]n admin/)).toBeNull();
  });

  it("says what failed and what to do next", async () => {
    const down = fault({ code: "TAILSCALED_DOWN", message: "It stopped.", hint: "Restart the extension." });
    await renderPanel(snapshot({ node: { state: "failed", fault: down } }));
    expect(screen.getByRole("alert").textContent).toContain(
      "It stopped.Restart the extension.TAILSCALED_DOWN",
    );
    expect(screen.getByRole("button", { name: "Details" })).toBeTruthy();
  });

  it("keeps the list and says that it may be old when the backend goes away", async () => {
    const { host, publish, pass } = await renderPanel(snapshot());
    host.reachable(false);
    await publish(snapshot());
    for (const wait of [250, 500]) await pass(wait);
    expect(screen.getByText("Reconnecting… This page may be out of date.")).toBeTruthy();
    expect(screen.getByRole("switch", { name: "Share shop/web" })).toBeTruthy();
  });
});

it("says that a node is locked out, copies the command that signs it, and says what is kept", async () => {
  const command = "tailscale lock sign nodekey:1 tlpub:2";
  const hint = `On a device with a trusted key, run: ${command}`;
  const message = "Nobody has signed this device.";
  const lockedOut = fault({ code: "TAILNET_LOCKED_OUT", message, hint, command });
  const { host, user } = await renderPanel(
    snapshot({ node: { state: "failed", fault: lockedOut }, workloads: [workload({ share: share() })] }),
  );
  expect(screen.getByRole("heading", { name: "This node is locked out" })).toBeTruthy();
  expect(screen.getByRole("alert").textContent).toContain(hint);
  await user.click(screen.getByRole("button", { name: "Copy the command" }));
  expect(host.copied).toEqual([command]);
  expect(screen.getByText("1 share resumes when the node is signed.")).toBeTruthy();
});

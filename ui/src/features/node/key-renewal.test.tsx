import { screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { connected, fault, IDENTITY, LOGIN_URL, share, snapshot, workload } from "../../testing/fixtures.ts";
import { renderPanel } from "../../testing/render-panel.tsx";

/** The tests' clock is fixed at noon UTC on 1 March 2026. */
const SOON = "2026-03-06T13:00:00Z";
const workloads = [workload({ share: share() })];
const ending = (input: Parameters<typeof connected>[0] = {}) =>
  snapshot({ node: connected({ keyExpiry: SOON, ...input }), workloads });
const header = () => within(screen.getByRole("banner"));
const renewal = () => screen.findByRole("region", { name: "Key renewal" });

describe("a key that ends within a fortnight", () => {
  it("is counted down in the header, also while nothing else happens", async () => {
    const { pass } = await renderPanel(ending());
    expect(header().getByText("Node key expires in 5 days.")).toBeTruthy();
    await pass(3_600_001);
    expect(header().getByText("Node key expires in 4 days.")).toBeTruthy();
  });

  it("is not mentioned as long as the end is far away", async () => {
    await renderPanel(ending({ keyExpiry: "2026-08-06T12:00:00Z" }));
    expect(screen.queryByRole("button", { name: "Renew key" })).toBeNull();
  });

  it("is renewed by resuming first where sharing is paused", async () => {
    await renderPanel(snapshot({ node: { ...IDENTITY, keyExpiry: SOON, state: "paused" }, workloads }));
    expect(header().getByText("Node key expires in 5 days. Resume sharing to renew it.")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Renew key" })).toBeNull();
  });

  it("is renewed with one click, which opens the browser once", async () => {
    const { host, user, publish } = await renderPanel(ending());
    host.on("POST /login", () => ending({ renewal: { url: null, fault: null } }));
    await user.click(header().getByRole("button", { name: "Renew key" }));
    expect(host.changes).toMatchObject([{ method: "POST", path: "/login", body: {} }]);
    expect(host.opened).toEqual([]);
    await publish(ending({ renewal: { url: LOGIN_URL, fault: null } }));
    await publish(ending({ renewal: { url: LOGIN_URL, fault: null } }));
    expect(host.opened).toEqual([LOGIN_URL]);
    await user.click(header().getByRole("button", { name: "Renew key" }));
    expect(host.changes).toHaveLength(1);
  });

  it("goes on sharing while it is renewed, and says so", async () => {
    await renderPanel(ending({ renewal: { url: LOGIN_URL, fault: null } }));
    expect(within(await renewal()).getByText(/Sharing continues/)).toBeTruthy();
    expect(screen.getByRole("link", { name: /Open shop\/web at/ })).toBeTruthy();
    expect(header().getByText("Connected · docker-anna · example.com")).toBeTruthy();
  });

  it("shows the link to copy and as a QR code, and is called off with 'Cancel'", async () => {
    const { host, user } = await renderPanel(ending({ renewal: { url: LOGIN_URL, fault: null } }));
    const card = within(await renewal());
    expect(card.getByRole("link", { name: LOGIN_URL })).toBeTruthy();
    expect(await card.findByRole("img", { name: "QR code of the login link" })).toBeTruthy();
    await user.click(card.getByRole("button", { name: "Copy the login link" }));
    expect(host.copied).toEqual([LOGIN_URL]);
    await user.click(card.getByRole("button", { name: "Cancel" }));
    expect(host.changes).toMatchObject([{ method: "DELETE", path: "/login" }]);
  });

  it("says why it could not be renewed, and tries again", async () => {
    const refused = fault({
      code: "LOGIN_FAILED",
      message: "Somebody else logged in.",
      hint: "Log in as anna.",
    });
    const { host, user } = await renderPanel(ending({ renewal: { url: null, fault: refused } }));
    const card = within(await renewal());
    expect(card.getByRole("alert").textContent).toContain("Somebody else logged in.");
    await user.click(card.getByRole("button", { name: "Try again" }));
    expect(host.changes).toMatchObject([{ method: "POST", path: "/login", body: { fresh: true } }]);
  });
});

describe("how the node's packets travel", () => {
  it("is said in the header, and nothing while there are none", async () => {
    const { publish } = await renderPanel(snapshot());
    expect(header().queryByText(/direct|relayed/i)).toBeNull();
    await publish(snapshot({ node: connected({ paths: { direct: 1, relayed: 0, relay: "fra" } }) }));
    expect(header().getByText("Direct connections (1)")).toBeTruthy();
    await publish(snapshot({ node: connected({ paths: { direct: 0, relayed: 1, relay: "fra" } }) }));
    expect(header().getByText("Relayed via DERP fra (slower)").dataset.hint).toBe(
      "Traffic of 1 device goes through the DERP relay fra, which is slower",
    );
  });
});

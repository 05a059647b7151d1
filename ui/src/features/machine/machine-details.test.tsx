import type { MachineView } from "@tailnet-share/contract/machine";
import type { ShareView } from "@tailnet-share/contract/share";
import { screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import {
  APPROVAL_URL,
  connected,
  fault,
  machineShare,
  settings,
  snapshot,
  workload,
} from "../../testing/fixtures.ts";
import { renderPanel } from "../../testing/render-panel.tsx";

const NAME = "web.tail1234.ts.net";
const ports = [80, 9090].map((port) => ({ port, protocol: "tcp" as const }));
const on = (view: Partial<MachineView> = {}, input: Partial<ShareView> = {}) =>
  snapshot({ workloads: [workload({ ports, share: machineShare(view, input) })] });
const portless = () =>
  snapshot({ workloads: [workload({ ports: [], share: machineShare({}, { ports: [] }) })] });
const row = () => within(screen.getByRole("listitem", { name: "shop/web" }));
const details = () => within(screen.getByRole("region", { name: "Details of shop/web" }));

async function opened(first = on()) {
  const panel = await renderPanel(first);
  await panel.details();
  return panel;
}

describe("a machine in the list", () => {
  it("is its name to copy where no port is known", async () => {
    const { host, user } = await renderPanel(portless());
    await user.click(row().getByRole("button", { name: `Copy ${NAME}, the machine of shop/web` }));
    expect(host.copied).toEqual([NAME]);
    expect(row().queryByText("100.64.0.21")).toBeNull();
  });

  it("has its address on a second line where names cannot be looked up", async () => {
    await renderPanel({ ...portless(), node: connected({ magicDns: false }) });
    expect(row().getByText(NAME)).toBeTruthy();
    expect(row().getByText("100.64.0.21")).toBeTruthy();
  });
});

describe("a machine's details", () => {
  it("say that every port can be reached, and list those that are known with an address each", async () => {
    await opened();
    expect(details().getByText(/All listening ports, subject to your access controls/)).toBeTruthy();
    const list = within(details().getByRole("group", { name: "Ports of shop/web" }));
    expect(list.getByRole("link", { name: `Open shop/web at http://${NAME}` })).toBeTruthy();
    expect(list.getByText(`${NAME}:9090`)).toBeTruthy();
    expect(details().queryByRole("checkbox", { name: /Share port/ })).toBeNull();
    expect(details().queryByRole("textbox", { name: /Port on this node/ })).toBeNull();
  });

  it("say when its login ends within a fortnight, and what comes then", async () => {
    const { publish } = await opened(on({ keyExpiry: "2026-03-06T13:00:00Z" }));
    expect(details().getByText("Its node key expires in 5 days.")).toBeTruthy();
    expect(details().getByText(/Then it logs in again/)).toBeTruthy();
    await publish(on({ keyExpiry: "2026-06-06T13:00:00Z" }));
    expect(details().queryByText(/Its node key expires/)).toBeNull();
  });

  it("have its addresses to copy, and the version that runs", async () => {
    const { host, user } = await opened();
    await user.click(details().getByRole("button", { name: "Copy 100.64.0.21, the machine of shop/web" }));
    expect(host.copied).toEqual(["100.64.0.21"]);
    expect(details().getByText("Tailscale 1.92.3")).toBeTruthy();
  });

  it("give a port that nobody declared an address, and take it away again", async () => {
    const listed = [80, 5000].map((port) => ({ port, protocol: "tcp" as const, nodePort: port }));
    const { host, user } = await opened(on({}, { ports: listed }));
    await user.type(screen.getByRole("textbox", { name: "Port to list of shop/web" }), "7000{Enter}");
    await user.click(screen.getByRole("button", { name: "Remove port 5000 TCP of shop/web" }));
    expect(host.changes).toMatchObject([
      { body: { ports: [{ port: 80 }, { port: 5000 }, { port: 7000 }] } },
      { body: { ports: [{ port: 80 }] } },
    ]);
  });

  it("let it reach the tailnet only when asked to, and say whom that cuts off", async () => {
    const { host, user } = await opened();
    const box = screen.getByRole<HTMLInputElement>("checkbox", {
      name: "Allow outbound connections to the tailnet",
      description: /Changing this restarts its machine\.$/,
    });
    expect(box.checked).toBe(false);
    await user.click(box);
    expect(host.changes.map(({ body }) => body)).toEqual([{ machine: { reachTailnet: true } }]);
  });
});

describe("HTTPS and Funnel", () => {
  const https = () => screen.getByRole<HTMLInputElement>("checkbox", { name: "HTTPS" });
  const funnel = () =>
    screen.getByRole<HTMLInputElement>("checkbox", { name: "Funnel: public internet access" });

  it("lead to the likeliest port with one click, and to another by its field", async () => {
    const { host, user, publish } = await opened();
    await user.click(https());
    await publish(on({ httpsPort: 80 }));
    const field = screen.getByRole("textbox", { name: "Forward to port, for HTTPS of shop/web" });
    await user.clear(field);
    await user.type(field, "9090{Enter}");
    expect(host.changes.map(({ body }) => body)).toEqual([
      { machine: { httpsPort: 80 } },
      { machine: { httpsPort: 9090 } },
    ]);
  });

  it("ask for the port where none is known", async () => {
    const { host, user } = await opened(portless());
    await user.click(https());
    expect(host.changes).toEqual([]);
    await user.type(screen.getByRole("textbox", { name: /^Forward to port/ }), "8080{Enter}");
    expect(host.changes.map(({ body }) => body)).toEqual([{ machine: { httpsPort: 8080 } }]);
  });

  it("put the address that browsers trust first in the row", async () => {
    await renderPanel(on({ httpsPort: 80 }));
    expect(row().getByRole("link").getAttribute("href")).toBe(`https://${NAME}`);
  });

  it("end together: nothing is public without HTTPS", async () => {
    const { host, user } = await opened(on({ httpsPort: 80, funnel: true }));
    await user.click(https());
    expect(host.changes.map(({ body }) => body)).toEqual([{ machine: { httpsPort: null, funnel: false } }]);
  });

  it("make nothing public without HTTPS, nor before somebody has read what that means", async () => {
    const { host, user, publish } = await opened();
    expect(funnel().disabled).toBe(true);
    await publish(on({ httpsPort: 80 }));
    await user.click(funnel());
    const dialog = within(await screen.findByRole("dialog", { name: "Make shop/web public?" }));
    expect(dialog.getByText(new RegExp(`^Anyone on the internet can open https://${NAME}`))).toBeTruthy();
    expect(host.changes).toEqual([]);
    await user.click(dialog.getByRole("button", { name: "Cancel" }));
    expect(funnel().checked).toBe(false);
    await user.click(funnel());
    await user.click(await screen.findByRole("button", { name: "Make public" }));
    expect(host.changes.map(({ body }) => body)).toEqual([{ machine: { funnel: true } }]);
  });

  it("stop being public at once", async () => {
    const { host, user } = await opened(on({ httpsPort: 80, funnel: true }));
    await user.click(funnel());
    expect(host.changes.map(({ body }) => body)).toEqual([{ machine: { funnel: false } }]);
  });

  it("say what is missing for them, with the page that turns it on", async () => {
    const url = "https://login.tailscale.com/admin/dns";
    const web = { fault: fault({ code: "HTTPS_NOT_READY", message: "HTTPS is off in your tailnet." }), url };
    const { host, user } = await opened(on({ httpsPort: 80, web }));
    expect(details().getByText("HTTPS is off in your tailnet.")).toBeTruthy();
    expect(details().queryByRole("link", { name: `Open shop/web at https://${NAME}` })).toBeNull();
    await user.click(details().getByRole("link", { name: /^Turn it on in the admin console/ }));
    expect(host.opened).toEqual([url]);
  });
});

describe("a machine that waits for somebody", () => {
  const waits = (by: "log-in" | "admin", url: string | null = APPROVAL_URL) =>
    on({ addresses: [], version: null }, { exposure: { state: "needs-approval", by, url } });

  it("is let in from its row", async () => {
    const { host, user } = await renderPanel(waits("log-in"));
    expect(row().getByText("Needs approval")).toBeTruthy();
    await user.click(row().getByRole("link", { name: "Approve shop/web" }));
    expect(host.opened).toEqual([APPROVAL_URL]);
  });

  it("has its link to open, to copy and to scan in the details", async () => {
    const { host, user } = await opened(waits("log-in"));
    await user.click(details().getByRole("link", { name: "Open the login link" }));
    await user.click(details().getByRole("button", { name: "Copy the approval link of shop/web" }));
    expect(host.opened).toEqual([APPROVAL_URL]);
    expect(host.copied).toEqual([APPROVAL_URL]);
    expect(
      await details().findByRole("img", { name: "QR code of the approval link of shop/web" }),
    ).toBeTruthy();
  });

  it("says that it is the admin's turn", async () => {
    await opened(waits("admin"));
    expect(details().getByText(/An admin must approve this device/)).toBeTruthy();
    expect(details().getByRole("link", { name: "Open the admin console" })).toBeTruthy();
  });

  it("does not spin for ever where no link comes", async () => {
    const { pass } = await opened(waits("log-in", null));
    expect(row().queryByRole("link", { name: "Approve shop/web" })).toBeNull();
    expect(details().getByText(/Getting the machine's link/)).toBeTruthy();
    await pass(10_000);
    expect(details().getByText(/No link yet/)).toBeTruthy();
  });
});

it("a machine that is switched off can be had back with its name and its options", async () => {
  const off = snapshot({ workloads: [workload({ ports })] });
  const { host, user, settle } = await renderPanel(on({ name: "wiki", httpsPort: 80 }));
  host.on("DELETE /shares/compose:shop/web/1", () => off);
  await user.click(screen.getByRole("switch", { name: "Share shop/web" }));
  await settle();
  await user.click(screen.getByRole("button", { name: "Undo" }));
  await settle();
  expect(host.changes.at(-1)?.body).toEqual({
    mode: "machine",
    ports: [{ port: 80, protocol: "tcp", nodePort: 80 }],
    machine: { name: "wiki", reachTailnet: false, httpsPort: 80, funnel: false },
  });
});

describe("a machine that is on its way", () => {
  const steps = () =>
    within(details().getByRole("list", { name: "Progress of shop/web" }))
      .getAllByRole("listitem")
      .map((step) => `${step.textContent}${step.getAttribute("aria-current") === "step" ? " (now)" : ""}`);

  it.each<[string, ShareView["exposure"], number]>([
    ["created", { state: "pending", progress: "Creating its machine…", stage: "create" }, 0],
    ["started", { state: "pending", progress: "Starting its machine…", stage: "start" }, 1],
    ["joining", { state: "pending", progress: "Joining the tailnet…", stage: "join" }, 2],
    ["to be logged in", { state: "needs-approval", by: "log-in", url: APPROVAL_URL }, 2],
  ])("shows its four steps while it is %s", async (_what, exposure, now) => {
    await opened(on({}, { exposure }));
    const words = ["Create machine", "Start Tailscale", "Join tailnet", "Reachable"];
    expect(steps()).toEqual(
      words.map((each, index) => expect.stringMatching(index === now ? `${each} \\(now\\)$` : `${each}$`)),
    );
  });

  it("shows no steps once it is reachable", async () => {
    await opened();
    expect(details().queryByRole("list", { name: "Progress of shop/web" })).toBeNull();
  });

  const waiting = (kind: "none" | "auth-key", controlUrl = "") => {
    const credential = kind === "none" ? { kind } : { kind, ending: "abcd" };
    const base = on({}, { exposure: { state: "needs-approval", by: "log-in", url: APPROVAL_URL } });
    return { ...base, settings: settings({ machineCredential: credential, controlUrl }) };
  };

  it("offers to save a credential beside the login link, with the fields that the control server needs", async () => {
    const { user } = await opened(waiting("none"));
    await user.click(details().getByRole("button", { name: "Skip this for every machine" }));
    expect(details().getByRole("textbox", { name: "Client ID" })).toBeTruthy();
    expect(details().getByText("Create one with write access to Auth Keys and Devices Core.")).toBeTruthy();
  });

  it("offers none where one is stored", async () => {
    await opened(waiting("auth-key"));
    expect(details().queryByRole("button", { name: "Skip this for every machine" })).toBeNull();
  });
});

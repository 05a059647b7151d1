import { screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { machineShare, settings, share, snapshot, workload } from "../../testing/fixtures.ts";
import { renderPanel } from "../../testing/render-panel.tsx";

const shared = workload({ share: share() });

async function opened(title: string, first = snapshot({ workloads: [shared] })) {
  const panel = await renderPanel(first);
  await panel.details();
  await panel.user.click(screen.getByRole("button", { name: title }));
  await screen.findByRole("radiogroup", { name: "Auth key" });
  return panel;
}

describe("a share to take away", () => {
  it("is copied as a compose file, and the notice does not repeat it", async () => {
    const { host, user } = await opened("Export as Compose file");
    const shown = screen.getByRole("group", { name: "compose file of shop/web" }).textContent;
    expect(shown).toContain('network_mode: "service:tailscale-web"');
    await user.click(screen.getByRole("button", { name: "Copy compose file of shop/web" }));
    expect(host.copied).toEqual([shown]);
    expect(screen.getAllByText("Copied the compose file of shop/web").length).toBeGreaterThan(0);
  });

  it("takes the auth key from a file when that is picked", async () => {
    const { user } = await opened("Export as docker run");
    const shown = within(screen.getByRole("group", { name: "docker run of shop/web" }));
    expect(shown.getByText(/-e TS_AUTHKEY \\/)).toBeTruthy();
    await user.click(screen.getByRole("radio", { name: "From a file" }));
    expect(shown.getByText(/TS_AUTHKEY=file:/)).toBeTruthy();
    expect(screen.getByText(/Put the key into ts_authkey\.txt/)).toBeTruthy();
  });

  it("has the image's tag of choice in both forms, refused where it is typed when it is none, and remembered", async () => {
    const { host, user, unmount } = await opened("Export as Compose file");
    const file = screen.getByRole("group", { name: "compose file of shop/web" });
    expect(file.textContent).toContain('image: "tailscale/tailscale:v1.92.3"');
    const field = screen.getByRole("textbox", { name: "Image tag" });
    await user.type(field, "v1.90");
    expect(file.textContent).toContain('image: "tailscale/tailscale:v1.90"');
    await user.type(field, "/x");
    expect(screen.getByText(/^A tag has.*Below stays v1\.90\.$/)).toBeTruthy();
    expect(file.textContent).toContain('image: "tailscale/tailscale:v1.90"');
    await user.click(screen.getByRole("button", { name: "Export as docker run" }));
    expect(screen.getByRole("group", { name: "docker run of shop/web" }).textContent).toContain(
      "'tailscale/tailscale:v1.90'",
    );
    unmount();
    const again = await renderPanel(snapshot({ workloads: [shared] }), ({ memory }) => {
      for (const [key, value] of host.memory) memory.set(key, value);
    });
    await again.details();
    await again.user.click(screen.getByRole("button", { name: "Export as docker run" }));
    expect(screen.getByRole("textbox", { name: "Image tag" })).toHaveProperty("value", "v1.90");
    await again.user.clear(screen.getByRole("textbox", { name: "Image tag" }));
    expect(screen.getByRole("group", { name: "docker run of shop/web" }).textContent).toContain(
      "'tailscale/tailscale:v1.92.3'",
    );
  });

  it("uses the control server of the settings, and says what a machine loses", async () => {
    await opened(
      "Export as Compose file",
      snapshot({
        workloads: [workload({ share: machineShare({ name: "wiki", httpsPort: 80 }) })],
        settings: settings({ controlUrl: "https://hs.example.com" }),
      }),
    );
    const shown = within(screen.getByRole("group", { name: "compose file of shop/web" }));
    expect(shown.getByText(/login-server=https:\/\/hs\.example\.com/)).toBeTruthy();
    expect(screen.getByText(/turn this share off first.*HTTPS isn't included/)).toBeTruthy();
  });

  it("is not offered before there is a share", async () => {
    const { details } = await renderPanel(snapshot());
    await details();
    expect(screen.queryByRole("button", { name: "Export as Compose file" })).toBeNull();
  });
});

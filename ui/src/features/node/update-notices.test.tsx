import type { Update } from "@tailnet-share/contract/node";
import { screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { snapshot } from "../../testing/fixtures.ts";
import { renderPanel } from "../../testing/render-panel.tsx";

const newer = (latest: string, security = false): Update => ({
  part: "tailscale",
  running: "1.92.3",
  latest,
  security,
  bulletin: "",
});
const knowing = (...updates: Update[]) => snapshot({ updates });

describe("the notice of a newer release", () => {
  it("warns when it mends a security fault", async () => {
    await renderPanel(knowing(newer("1.94.0", true)));
    const notice = screen.getByText(/is affected by a known vulnerability, fixed in 1.94.0\./);
    expect(notice.closest(".MuiAlert-root")?.className).toContain("colorWarning");
  });

  it("is dismissed for that release only, and that is remembered", async () => {
    const { host, user, publish, unmount } = await renderPanel(knowing(newer("1.94.0")));
    await user.click(screen.getByRole("button", { name: "Dismiss this notice" }));
    expect(screen.queryByText(/is out/)).toBeNull();
    await publish(knowing(newer("1.96.0")));
    expect(screen.getByText(/Tailscale 1.96.0 is available/)).toBeTruthy();
    unmount();
    await renderPanel(knowing(newer("1.94.0")), ({ memory }) => {
      for (const [key, value] of host.memory) memory.set(key, value);
    });
    expect(screen.queryByText(/is out/)).toBeNull();
  });
});

import { screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { share, snapshot, workload } from "../../testing/fixtures.ts";
import { renderPanel } from "../../testing/render-panel.tsx";

const WEB = "/shares/compose:shop/web/1";
const on = (available: string[], chosen: string | null = null) =>
  snapshot({
    workloads: [workload({ share: share({ network: { available, chosen, used: "app" } }) })],
  });

async function opened(first: ReturnType<typeof on>) {
  const panel = await renderPanel(first);
  await panel.details();
  return panel;
}

describe("the network that a share goes by", () => {
  it("is chosen in the row's details, and left to the extension again", async () => {
    const { host, user, publish } = await opened(on(["app", "proxy"]));
    await user.click(screen.getByRole("combobox", { name: /Network/ }));
    await user.click(screen.getByRole("option", { name: "proxy" }));
    expect(host.changes).toMatchObject([{ method: "PUT", path: WEB, body: { network: "proxy" } }]);
    await publish(on(["app", "proxy"], "proxy"));
    await user.click(screen.getByRole("combobox", { name: /Network/ }));
    await user.click(screen.getByRole("option", { name: "Automatic" }));
    expect(host.changes.at(-1)).toMatchObject({ body: { network: null } });
  });

  it("is hidden when the container is on one network", async () => {
    await opened(on(["app"]));
    expect(screen.queryByRole("combobox", { name: /Network/ })).toBeNull();
  });
});

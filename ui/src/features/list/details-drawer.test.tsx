import { screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { fault, share, snapshot, workload } from "../../testing/fixtures.ts";
import { renderPanel } from "../../testing/render-panel.tsx";

const two = snapshot({
  workloads: [
    workload({ share: share() }),
    workload({ id: "compose:shop/api/1", name: "api", share: share() }),
  ],
});
const drawer = (name: string) => screen.queryByRole("region", { name: `Details of ${name}` });
const opener = (name: string) => screen.getByRole("button", { name: `Details of ${name}` });

describe("the drawer with a container's details", () => {
  it("takes the focus, and shows one container at a time", async () => {
    const { details } = await renderPanel(two);
    await details();
    expect(document.activeElement).toBe(drawer("shop/web"));
    expect(opener("shop/web").getAttribute("aria-controls")).toBe(drawer("shop/web")?.id);
    await details("shop/api");
    expect(document.activeElement).toBe(drawer("shop/api"));
    expect(drawer("shop/web")).toBeNull();
    expect(opener("shop/web").getAttribute("aria-expanded")).toBe("false");
  });

  it("is as unsure as the row while the engine is away", async () => {
    const engine = { state: "unreachable", fault: fault({ code: "ENGINE_UNREACHABLE" }) } as const;
    const { details } = await renderPanel({ ...two, engine });
    await details();
    for (const part of [screen.getByRole("listitem", { name: "shop/web" }), drawer("shop/web")])
      expect(within(part as HTMLElement).getByText("Shared · engine isn't responding")).toBeTruthy();
  });

  it.each([
    ["Esc", async (user: Awaited<ReturnType<typeof renderPanel>>["user"]) => await user.keyboard("{Escape}")],
    [
      "its button",
      async (user: Awaited<ReturnType<typeof renderPanel>>["user"]) =>
        await user.click(screen.getByRole("button", { name: "Close details of shop/web" })),
    ],
  ])("closes by %s, and the focus returns to the row's button", async (_by, close) => {
    const { details, user } = await renderPanel(two);
    await details();
    await close(user);
    expect(drawer("shop/web")).toBeNull();
    expect(document.activeElement).toBe(opener("shop/web"));
  });

  it("closes by Esc in the list, but not in the search field, and the focus stays there", async () => {
    const { details, user } = await renderPanel(two);
    await details();
    await user.click(screen.getByRole("searchbox", { name: "Search containers" }));
    await user.keyboard("{Escape}");
    expect(drawer("shop/web")).not.toBeNull();
    const other = screen.getByRole("switch", { name: "Share shop/api" });
    other.focus();
    await user.keyboard("{Escape}");
    expect(drawer("shop/web")).toBeNull();
    expect(document.activeElement).toBe(other);
  });

  it("leaves the focus on the page's main part when the row is filtered out", async () => {
    const { details, user } = await renderPanel(two);
    await details();
    await user.type(screen.getByRole("searchbox", { name: "Search containers" }), "api");
    await user.click(screen.getByRole("button", { name: "Close details of shop/web" }));
    expect(document.activeElement).toBe(screen.getByRole("main"));
  });
});

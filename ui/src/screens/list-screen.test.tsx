import { act, fireEvent, screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { everyKind } from "../testing/every-kind.ts";
import { connected, snapshot, workload } from "../testing/fixtures.ts";
import { held } from "../testing/held-answer.ts";
import { renderPanel } from "../testing/render-panel.tsx";
import { off, on, row, webSwitch } from "../testing/web-row.ts";

describe("the list", () => {
  it("draws a name with markup as text", async () => {
    await renderPanel(snapshot({ workloads: everyKind() }));
    expect(screen.getByText(/<b>bold<\/b>/)).toBeTruthy();
    expect(document.querySelector("img")).toBeNull();
  });

  it("keeps shares whose container is gone, to be forgotten", async () => {
    const { host, user } = await renderPanel(snapshot({ workloads: everyKind() }));
    await user.click(screen.getByRole("button", { name: "More for old-blog" }));
    await user.click(screen.getByRole("menuitem", { name: "Remove share" }));
    expect(host.changes).toMatchObject([{ method: "DELETE", path: "/shares/name:old-blog" }]);
    await user.click(screen.getByRole("button", { name: "Undo" }));
    expect(host.changes.at(-1)).toMatchObject({ method: "PUT", path: "/shares/name:old-blog" });
  });

  it("remembers the search and the filters for the next time", async () => {
    const { host, user } = await renderPanel(snapshot({ workloads: everyKind() }));
    await user.type(screen.getByRole("searchbox", { name: "Search containers" }), "redis");
    await user.click(screen.getByRole("checkbox", { name: "Shared only" }));
    expect(screen.queryByRole("listitem", { name: "shop/web" })).toBeNull();
    expect(JSON.parse([...host.memory.values()][0] ?? "")).toEqual({
      search: "redis",
      sharedOnly: true,
      grouped: true,
    });
  });

  it("says what to do when there is no container, and leads to Docker Desktop's list", async () => {
    const { host, user } = await renderPanel(snapshot({ workloads: [] }));
    expect(screen.getByText("No running containers")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Go to Containers" }));
    expect(host.shown).toEqual(["list"]);
  });

  it("says how to share when nothing is, and leads back to all containers", async () => {
    const { user } = await renderPanel(off());
    await user.click(screen.getByRole("checkbox", { name: "Shared only" }));
    expect(screen.getByText("Nothing is shared")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Show all containers" }));
    expect(webSwitch()).toBeTruthy();
  });

  it("has the IP address on a second line where names cannot be looked up, to open, copy and scan", async () => {
    const { host, user } = await renderPanel({ ...on(), node: connected({ magicDns: false }) });
    const address = "http://100.64.0.7:8080";
    const name = "http://docker-anna.tail1234.ts.net:8080";
    expect(row().getByText(name)).toBeTruthy();
    expect(row().queryByRole("link", { name: `Open shop/web at ${name}` })).toBeNull();
    await user.click(row().getByRole("link", { name: `Open shop/web at ${address}` }));
    await user.click(row().getByRole("button", { name: "Copy IP address of shop/web, port 8080" }));
    expect([host.opened, host.copied]).toEqual([[address], [address]]);
    await user.click(row().getByRole("button", { name: "QR code for shop/web, port 8080" }));
    expect(within(screen.getByRole("dialog")).getByText(address)).toBeTruthy();
  });

  it("shows the container and its logs through Docker Desktop", async () => {
    const { host, user } = await renderPanel(on());
    for (const item of ["View container", "View logs"]) {
      await user.click(screen.getByRole("button", { name: "More for shop/web" }));
      await user.click(screen.getByRole("menuitem", { name: item }));
    }
    const id = "a".repeat(64);
    expect(host.shown).toEqual([`view ${id}`, `logs ${id}`]);
  });

  it("says in the menu too when an address could not be copied, and what it is", async () => {
    const { user, settle } = await renderPanel(on(), (host) => {
      host.copy = () => Promise.resolve(false);
    });
    await user.click(screen.getByRole("button", { name: "More for shop/web" }));
    await user.click(screen.getByRole("menuitem", { name: "Copy address" }));
    await settle();
    expect(screen.getByRole("alert").textContent).toBe(
      "Couldn't copy.  Select it and copy: http://docker-anna.tail1234.ts.net:8080",
    );
  });

  it("says how many containers a search has found, also to screen readers, and nothing without one", async () => {
    const { user } = await renderPanel(snapshot({ workloads: everyKind() }));
    const found = screen.getByRole("status", { name: "Found" });
    expect(found.textContent).toBe("");
    await user.type(screen.getByRole("searchbox"), "worker");
    expect(found.textContent).toBe("2 containers found");
    await user.type(screen.getByRole("searchbox"), " #2");
    expect(found.textContent).toBe("1 container found");
  });

  it("says what a remembered search hides when it finds nothing, and clears it", async () => {
    const { user } = await renderPanel(off(), ({ memory }) => {
      memory.set("tailnet-share.list", '{"search":"old shop","sharedOnly":false,"grouped":true}');
    });
    expect(screen.getByText("No containers match 'old shop'.")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Clear search" }));
    expect(webSwitch()).toBeTruthy();
    expect(document.activeElement).toBe(screen.getByRole("searchbox"));
  });

  it("shares a whole project with its own switch, also what a search hides, and shows that at once", async () => {
    const { host, settle } = await renderPanel(snapshot({ workloads: everyKind() }), ({ memory }) => {
      memory.set("tailnet-share.list", '{"search":"worker 3000","sharedOnly":false,"grouped":true}');
    });
    const project = screen.getByRole<HTMLInputElement>("switch", { name: "Share all of project shop" });
    expect(project.getAttribute("aria-description")).toBe("3 of 5 shared. Turn on to share 1 more.");
    const { answer, release } = held();
    host.on("PUT /shares/compose:shop/db/1", () => answer);
    fireEvent.click(project);
    expect(project.checked).toBe(true);
    await settle();
    expect(host.changes.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "PUT /shares/compose:shop/db/1",
    ]);
    release(snapshot({ workloads: everyKind() }));
    await settle();
    expect(project.checked).toBe(false);
  });

  it("draws only a part of a thousand rows", async () => {
    const workloads = Array.from({ length: 1_000 }, (_, index) =>
      workload({ id: `name:c${index}`, name: `c${index}`, project: null }),
    );
    await renderPanel(snapshot({ workloads }));
    const drawn = screen.getAllByRole("switch").length;
    expect(drawn).toBeGreaterThan(5);
    expect(drawn).toBeLessThan(100);
    const [first] = screen.getAllByRole("listitem");
    expect(first?.getAttribute("aria-label")).toBe("c0");
    expect([first?.getAttribute("aria-posinset"), first?.getAttribute("aria-setsize")]).toEqual([
      "1",
      "1000",
    ]);
  });

  it("draws no more of them when a filter leaves a hundred", async () => {
    const workloads = Array.from({ length: 1_000 }, (_, index) =>
      workload({ id: `name:c${index}`, name: `c${index}`, project: null, image: `image-${index % 10}` }),
    );
    await renderPanel(snapshot({ workloads }));
    fireEvent.change(screen.getByRole("searchbox"), { target: { value: "image-7" } });
    const [first] = screen.getAllByRole("listitem");
    expect(first?.getAttribute("aria-setsize")).toBe("100");
    expect(screen.getAllByRole("switch").length).toBeLessThan(50);
  });

  it("keeps the row that has the focus when it is scrolled out of sight, and the rows in order", async () => {
    const workloads = Array.from({ length: 1_000 }, (_, index) =>
      workload({ id: `name:c${index}`, name: `c${index}`, project: null }),
    );
    const { settle } = await renderPanel(snapshot({ workloads }));
    const focused = screen.getByRole("switch", { name: "Share c3" });
    act(() => focused.focus());
    const scroller = screen.getByRole("list", { name: "Containers" }).parentElement;
    if (!scroller) throw new Error("the list cannot be scrolled");
    scroller.scrollTop = 30_000;
    fireEvent.scroll(scroller);
    await settle();
    const places = screen.getAllByRole("listitem").map((item) => Number(item.getAttribute("aria-posinset")));
    expect(document.activeElement).toBe(focused);
    expect(places).toContain(4);
    expect(Math.max(...places)).toBeGreaterThan(400);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  it("follows the backend without being asked", async () => {
    const { publish } = await renderPanel(off());
    await publish(on());
    expect(row().getByText("Shared")).toBeTruthy();
  });

  it("has the rows that were open open again when the backend is back", async () => {
    const { user, publish } = await renderPanel(on());
    await user.click(screen.getByRole("button", { name: "Details of shop/web" }));
    await publish(snapshot({ node: { state: "starting", waitsFor: "Tailscale to start" } }));
    expect(screen.queryByRole("list", { name: "Containers" })).toBeNull();
    await publish(on());
    expect(screen.getByRole("button", { name: "Details of shop/web" }).getAttribute("aria-expanded")).toBe(
      "true",
    );
  });

  it("copies an address and opens it in the browser", async () => {
    const { host, user } = await renderPanel(on());
    const address = "http://docker-anna.tail1234.ts.net:8080";
    await user.click(screen.getByRole("button", { name: "Copy address of shop/web, port 8080" }));
    await user.click(screen.getByRole("link", { name: `Open shop/web at ${address}` }));
    expect(host.copied).toEqual([address]);
    expect(host.opened).toEqual([address]);
  });
});

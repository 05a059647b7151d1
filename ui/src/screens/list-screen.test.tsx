import type { Snapshot } from "@tailnet-share/contract/model";
import { act, fireEvent, screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { badAnswer } from "../host/problem.ts";
import { connected, everyKind, fault, share, snapshot, workload } from "../testing/fixtures.ts";
import { renderPanel } from "../testing/render-panel.tsx";

const WEB = "compose:shop/web/1";
const off = (extra: Parameters<typeof workload>[0] = {}) => snapshot({ workloads: [workload(extra)] });
const on = (extra: Parameters<typeof workload>[0] = {}) => off({ share: share(), ...extra });
const row = (name = "shop/web") => within(screen.getByRole("listitem", { name }));
const webSwitch = () => screen.getByRole<HTMLInputElement>("switch", { name: "Share shop/web" });

/** Holds an answer back until the test lets it go. */
function held() {
  let release: (snapshot: Snapshot) => void = () => {};
  const answer = new Promise<Snapshot>((resolve) => {
    release = resolve;
  });
  return { answer, release };
}

describe("switching a share on", () => {
  it("asks the backend to pick the port, and says 'Starting…' before it has answered", async () => {
    const { host, settle } = await renderPanel(off());
    const { answer, release } = held();
    host.on(`PUT /shares/${WEB}`, () => answer);
    fireEvent.click(webSwitch());
    expect(row().getByText("Starting…")).toBeTruthy();
    expect(webSwitch().checked).toBe(true);
    await settle();
    expect(host.changes).toMatchObject([{ method: "PUT", path: `/shares/${WEB}`, body: {} }]);
    release(on());
    await settle();
    expect(row().getByText("Shared")).toBeTruthy();
    expect(row().getByRole("link").getAttribute("href")).toBe("http://docker-anna.tail1234.ts.net:8080");
  });

  it("warns in the row of what is usually a database, before it is shared and while it is", async () => {
    const ports = [{ port: 5432, protocol: "tcp" as const }];
    const { publish } = await renderPanel(off({ ports }));
    const warning = /Port 5432 is usually a PostgreSQL database/;
    expect(row().getByText(warning)).toBeTruthy();
    const address = "postgresql://docker-anna.tail1234.ts.net:5432";
    const port = { port: 5432, protocol: "tcp" as const, nodePort: 5432 };
    const endpoints = [{ ...port, address, ipAddress: address, web: false }];
    await publish(
      on({
        ports,
        share: { ...share(), ports: [port], exposure: { state: "live", endpoints, unanswered: [] } },
      }),
    );
    expect(row().getByText(warning)).toBeTruthy();
  });

  it("goes back to off and says why when the backend refuses", async () => {
    const { host, user, settle } = await renderPanel(off());
    host.on(`PUT /shares/${WEB}`, () => Promise.reject(badAnswer()));
    await user.click(webSwitch());
    await settle();
    expect(row().getByText("Not shared")).toBeTruthy();
    expect(screen.getByRole("alert").textContent).toContain("web could not be shared.");
  });

  it("opens the row and asks for a port where the container declares none", async () => {
    const { host, user } = await renderPanel(off({ ports: [] }));
    await user.click(webSwitch());
    expect(host.changes).toEqual([]);
    await user.type(await screen.findByRole("textbox", { name: "Port to share of shop/web" }), "5000");
    await user.selectOptions(
      screen.getByRole("combobox", { name: "Protocol of the port of shop/web" }),
      "udp",
    );
    await user.click(screen.getByRole("button", { name: "Share port of shop/web" }));
    expect(host.changes).toMatchObject([
      { method: "PUT", body: { ports: [{ port: 5000, protocol: "udp" }] } },
    ]);
  });

  it("cannot be done where sharing is refused, and the reason stands in the row", async () => {
    await renderPanel(off({ refusal: fault({ message: "This container uses the host's network." }) }));
    expect(webSwitch().disabled).toBe(true);
    expect(row().getByText("This container uses the host's network.")).toBeTruthy();
  });
});

describe("switching a share off", () => {
  it("can be undone with the same ports", async () => {
    const { host, user, settle } = await renderPanel(on());
    host.on(`DELETE /shares/${WEB}`, () => off());
    await user.click(webSwitch());
    await settle();
    expect(row().getByText("Not shared")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Undo" }));
    await settle();
    expect(host.changes.at(-1)).toMatchObject({
      method: "PUT",
      path: `/shares/${WEB}`,
      body: { ports: [{ port: 80, protocol: "tcp", nodePort: 8080 }] },
    });
  });

  it("can be undone for eight seconds, which stand still while somebody points at it", async () => {
    const { host, user, settle, pass } = await renderPanel(on());
    host.on(`DELETE /shares/${WEB}`, () => off());
    await user.click(webSwitch());
    await settle();
    await pass(7_000);
    const undo = screen.getByRole("group", { name: "Last action" });
    await user.hover(undo);
    await pass(60_000);
    await user.unhover(undo);
    await pass(7_000);
    expect(screen.getByRole("button", { name: "Undo" })).toBeTruthy();
    await pass(1_000);
    expect(screen.queryByRole("button", { name: "Undo" })).toBeNull();
  });

  it("is undone by Ctrl+Z, which takes back letters where letters are typed", async () => {
    const { host, user, settle } = await renderPanel(on());
    host.on(`DELETE /shares/${WEB}`, () => off());
    await user.click(webSwitch());
    await settle();
    await user.click(screen.getByRole("searchbox"));
    await user.keyboard("{Control>}z{/Control}");
    expect(host.changes.map(({ method }) => method)).toEqual(["DELETE"]);
    act(() => webSwitch().focus());
    await user.keyboard("{Control>}z{/Control}");
    await settle();
    expect(host.changes.map(({ method }) => method)).toEqual(["DELETE", "PUT"]);
  });

  it("is no lost click while the answer to switching on is still on its way, and comes back as it was asked for", async () => {
    const { host, user, settle } = await renderPanel(off());
    const { answer, release } = held();
    host.on(`PUT /shares/${WEB}`, () => answer);
    host.on(`DELETE /shares/${WEB}`, () => off());
    fireEvent.click(webSwitch());
    fireEvent.click(webSwitch());
    expect(webSwitch().checked).toBe(false);
    release(on());
    await settle();
    expect(host.changes.map(({ method }) => method)).toEqual(["PUT", "DELETE"]);
    await user.click(screen.getByRole("button", { name: "Undo" }));
    await settle();
    expect(host.changes.at(-1)).toMatchObject({ method: "PUT", body: {} });
  });

  it("is said politely to screen readers", async () => {
    const { host, user, settle } = await renderPanel(on());
    host.on(`DELETE /shares/${WEB}`, () => off());
    await user.click(webSwitch());
    await settle();
    const region = screen.getByRole("status", { name: "Changes" });
    expect(region.getAttribute("aria-live")).toBe("polite");
    expect(region.textContent).toContain("shop/web is no longer shared.");
  });

  it("ends as the user left it when they change their mind before the answer", async () => {
    const { host, settle } = await renderPanel(on());
    const { answer, release } = held();
    host.on(`DELETE /shares/${WEB}`, () => answer);
    host.on(`PUT /shares/${WEB}`, () => on());
    fireEvent.click(webSwitch());
    fireEvent.click(webSwitch());
    expect(webSwitch().checked).toBe(true);
    release(off());
    await settle();
    expect(host.changes.map(({ method }) => method)).toEqual(["DELETE", "PUT"]);
    expect(row().getByText("Shared")).toBeTruthy();
  });
});

describe("the list", () => {
  it("draws a name with markup as text", async () => {
    await renderPanel(snapshot({ workloads: everyKind() }));
    expect(screen.getByText(/<b>bold<\/b>/)).toBeTruthy();
    expect(document.querySelector("img")).toBeNull();
  });

  it("keeps shares whose container is gone, to be forgotten", async () => {
    const { host, user } = await renderPanel(snapshot({ workloads: everyKind() }));
    await user.click(screen.getByRole("button", { name: "More for old-blog" }));
    await user.click(screen.getByRole("menuitem", { name: "Forget" }));
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

  it("says what to do when there is no container", async () => {
    await renderPanel(snapshot({ workloads: [] }));
    expect(screen.getByText("No containers yet")).toBeTruthy();
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
      "This could not be copied. The clipboard is out of reach. Copy it by hand: http://docker-anna.tail1234.ts.net:8080",
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
    expect(screen.getByText("The search for 'old shop' hides your only container.")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Clear search" }));
    expect(webSwitch()).toBeTruthy();
    expect(document.activeElement).toBe(screen.getByRole("searchbox"));
  });

  it("shares a whole project with its own switch, also what a search hides, and shows that at once", async () => {
    const { host, settle } = await renderPanel(snapshot({ workloads: everyKind() }), ({ memory }) => {
      memory.set("tailnet-share.list", '{"search":"worker 3000","sharedOnly":false,"grouped":true}');
    });
    const project = screen.getByRole<HTMLInputElement>("switch", { name: "Share all of project shop" });
    expect(project.getAttribute("aria-description")).toBe(
      "Partly shared: 3 of 5. Shares 1 more container of shop.",
    );
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

  it("copies an address and opens it in the browser", async () => {
    const { host, user } = await renderPanel(on());
    const address = "http://docker-anna.tail1234.ts.net:8080";
    await user.click(screen.getByRole("button", { name: "Copy address of shop/web, port 8080" }));
    await user.click(screen.getByRole("link", { name: `Open shop/web at ${address}` }));
    expect(host.copied).toEqual([address]);
    expect(host.opened).toEqual([address]);
  });
});

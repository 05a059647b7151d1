import { act, fireEvent, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { badAnswer } from "../host/problem.ts";
import { fault, noPort, share } from "../testing/fixtures.ts";
import { held } from "../testing/held-answer.ts";
import { renderPanel } from "../testing/render-panel.tsx";
import { off, on, row, WEB, webSwitch } from "../testing/web-row.ts";

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
    const warning = /Port 5432: PostgreSQL database/;
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
    expect(screen.getByRole("alert").textContent).toContain("Couldn't share web.");
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

  it("opens the row and asks when the engine had not yet reported that there is no port", async () => {
    const { host, user, settle } = await renderPanel(off({ ports: [], portsKnown: false }));
    host.on(`PUT /shares/${WEB}`, () => Promise.reject(noPort()));
    await user.click(webSwitch());
    await settle();
    expect(await screen.findByRole("textbox", { name: "Port to share of shop/web" })).toBeTruthy();
    expect(webSwitch().checked).toBe(false);
    expect(screen.queryByRole("alert")).toBeNull();
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

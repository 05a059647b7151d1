import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { badAnswer } from "../../host/problem.ts";
import { share, snapshot, workload } from "../../testing/fixtures.ts";
import { renderPanel } from "../../testing/render-panel.tsx";
import { row, WEB, webSwitch } from "../../testing/web-row.ts";

const NUMBERS = [80, 9090, 9091];
const node = (port: number) => ({ port, protocol: "tcp" as const, nodePort: port + 1_000 });
const ports = NUMBERS.map((port) => ({ port, protocol: "tcp" as const }));
/** Declares all three ports and shares the given ones. */
const sharing = (...numbers: number[]): Snapshot =>
  snapshot({
    workloads: [workload({ ports, share: numbers.length > 0 ? share({ ports: numbers.map(node) }) : null })],
  });
const tick = (port: number) =>
  screen.getByRole<HTMLInputElement>("checkbox", { name: `Share port ${port} TCP of shop/web` });
const ticked = () => NUMBERS.filter((port) => tick(port).checked);
const undo = () => screen.queryByRole("button", { name: "Undo" });

/** Opens a share's details against a backend that accepts every change. */
async function opened(...numbers: number[]) {
  const panel = await renderPanel(sharing(...numbers), (host) => {
    host.on(`PUT /shares/${WEB}`, ({ body }) =>
      sharing(...(body as { ports: { port: number }[] }).ports.map(({ port }) => port)),
    );
    host.on(`DELETE /shares/${WEB}`, () => sharing());
  });
  await panel.details();
  const press = async (element: Element | null) => {
    if (element !== null) await panel.user.click(element);
    await panel.settle();
  };
  return { ...panel, press };
}

describe("a port that is unticked", () => {
  it("can be had back where it was on the node, as long as the notice is there", async () => {
    const { host, press, pass } = await opened(80, 9090);
    await press(tick(9090));
    expect(screen.getByRole("group", { name: "Last action" }).textContent).toContain(
      "Stopped sharing port 9090 TCP of web",
    );
    await press(undo());
    expect(host.changes.map(({ method }) => method)).toEqual(["PUT", "PUT"]);
    expect(host.changes[1]?.body).toEqual({ mode: "node", ports: [node(80), node(9090)] });
    expect(ticked()).toEqual([80, 9090]);
    expect(undo()).toBeNull();
    await press(tick(9090));
    await pass(8_000);
    expect(undo()).toBeNull();
    expect(ticked()).toEqual([80]);
  });

  it("is had back by Ctrl+Z, with the focus on its tick; the share goes on all the while", async () => {
    const { user, settle, press } = await opened(80, 9090);
    await press(tick(9090));
    await user.keyboard("{Control>}z{/Control}");
    expect(row().queryByText("Starting…")).toBeNull();
    await settle();
    expect(ticked()).toEqual([80, 9090]);
    expect(document.activeElement).toBe(tick(9090));
  });

  it("comes back with another one, and with the last one, that were unticked after it", async () => {
    const { press } = await opened(...NUMBERS);
    for (const port of [9090, 9091]) await press(tick(port));
    expect(screen.getByText("Stopped sharing 2 ports of web")).toBeTruthy();
    await press(undo());
    expect(ticked()).toEqual(NUMBERS);
    for (const port of NUMBERS) await press(tick(port));
    expect(webSwitch().checked).toBe(false);
    await press(undo());
    expect(ticked()).toEqual(NUMBERS);
    expect(webSwitch().checked).toBe(true);
  });

  it("is not offered any more once somebody has changed the share again", async () => {
    const { press } = await opened(80, 9090);
    await press(tick(9090));
    await press(tick(9091));
    expect(undo()).toBeNull();
    expect(ticked()).toEqual([80, 9091]);
  });

  it("is ticked again, and nothing is offered, when the backend refuses", async () => {
    const { host, press } = await opened(80, 9090);
    host.on(`PUT /shares/${WEB}`, () => Promise.reject(badAnswer()));
    await press(tick(9090));
    expect(screen.getByRole("alert").textContent).toContain("Couldn't change the share of web.");
    expect(ticked()).toEqual([80, 9090]);
    expect(undo()).toBeNull();
  });
});

describe("HTTPS of a port", () => {
  const sharesWith = (https: boolean): Snapshot =>
    snapshot({
      workloads: [
        workload({
          ports: [...ports, { port: 53, protocol: "udp" }],
          share: share({
            ports: [
              { ...node(80), ...(https ? { https: true } : {}) },
              node(9090),
              { port: 53, protocol: "udp", nodePort: 53 },
            ],
          }),
        }),
      ],
    });
  const box = (port: string) =>
    screen.queryByRole<HTMLInputElement>("checkbox", { name: `HTTPS for port ${port} of shop/web` });

  it("is one tick that leaves the other ports as they are, and its address is the name's", async () => {
    const panel = await renderPanel(sharesWith(false), (host) => {
      host.on(`PUT /shares/${WEB}`, ({ body }) =>
        sharesWith((body as { ports: { https?: boolean }[] }).ports[0]?.https === true),
      );
    });
    await panel.details();
    const press = async (on: boolean) => {
      const tickBox = box("80 TCP");
      expect(tickBox?.checked).toBe(!on);
      if (tickBox !== null) await panel.user.click(tickBox);
      await panel.settle();
      expect(box("80 TCP")?.checked).toBe(on);
    };
    await press(true);
    const [first] = panel.host.changes;
    expect(first?.body).toEqual({
      ports: [{ ...node(80), https: true }, node(9090), { port: 53, protocol: "udp", nodePort: 53 }],
    });
    expect(screen.getAllByText(/^https:\/\/docker-anna\.tail1234\.ts\.net:1080$/).length).toBeGreaterThan(0);
    await press(false);
  });

  it("is offered for shared TCP ports and nothing else", async () => {
    const panel = await renderPanel(sharesWith(false));
    await panel.details();
    expect(box("9090 TCP")).not.toBeNull();
    expect(box("9091 TCP")).toBeNull();
    expect(box("53 UDP")).toBeNull();
  });
});

import type { Workload } from "@tailnet-share/contract/workload";
import { screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { Problem } from "../../host/problem.ts";
import { fault, machineShare, share, snapshot, workload } from "../../testing/fixtures.ts";
import { renderPanel } from "../../testing/render-panel.tsx";

const ASKED = "GET /workloads/compose:shop/web/1/listening";
const tcp = (...ports: number[]) => ports.map((port) => ({ port, protocol: "tcp" as const }));
const showing = (extra: Partial<Workload>) => snapshot({ workloads: [workload(extra)] });
const finds = (...ports: number[]) => ({
  ports: tcp(...ports).map((port) => ({ ...port, at: "any" as const, families: ["ipv4" as const] })),
  fault: null,
});
const tick = (port: number) =>
  screen.getByRole<HTMLInputElement>("checkbox", { name: `Share port ${port} TCP of shop/web` });
const described = (element: HTMLElement) =>
  document.getElementById(element.getAttribute("aria-describedby") ?? "")?.textContent;
const again = () => screen.getByRole("button", { name: "Rescan shop/web" });

async function opened(extra: Partial<Workload>, answer: () => unknown) {
  const panel = await renderPanel(showing(extra), (host) => host.on(ASKED, answer));
  await panel.details();
  await panel.settle();
  return panel;
}

describe("ports that something listens on", () => {
  it("are marked, and those that nobody declared can be ticked", async () => {
    const { host, user } = await opened({ ports: tcp(80, 443) }, () => finds(80, 9229));
    expect([80, 443, 9229].map((port) => described(tick(port)))).toEqual([
      "listening",
      "not listening",
      "detected",
    ]);
    await user.click(tick(9229));
    expect(host.changes).toMatchObject([
      { method: "PUT", body: { ports: [{ port: 9229, protocol: "tcp" }] } },
    ]);
  });

  it("are asked for when the details open, and again on demand, and never else", async () => {
    let asked = 0;
    const { user, settle, publish } = await opened({ ports: tcp(80) }, () =>
      finds(
        ...tcp(80, 81)
          .slice(0, ++asked)
          .map(({ port }) => port),
      ),
    );
    await publish(showing({ ports: tcp(80), share: share() }));
    expect(asked).toBe(1);
    await user.click(again());
    await settle();
    expect(asked).toBe(2);
    expect(tick(81)).toBeTruthy();
  });

  it("stay as they were while they are asked for again", async () => {
    let hold = false;
    const { user, settle } = await opened({ ports: [] }, () => (hold ? new Promise(() => {}) : finds(3000)));
    hold = true;
    await user.click(again());
    await settle();
    expect(tick(3000)).toBeTruthy();
    expect(screen.getByText("Scanning…")).toBeTruthy();
  });

  it("are looked for anew in the container that takes the old one's place", async () => {
    let asked = 0;
    const { publish, settle } = await opened({ ports: [] }, () => finds(3000 + ++asked));
    await publish(showing({ ports: [], containerId: "b".repeat(64) }));
    await settle();
    expect(tick(3002)).toBeTruthy();
    expect(screen.queryByRole("checkbox", { name: /3001/ })).toBeNull();
  });

  it("are not asked for while the container does not run", async () => {
    let asked = 0;
    await opened({ run: "stopped" }, () => finds(++asked));
    expect(asked).toBe(0);
    expect(screen.getByText("Start the container to detect open ports.")).toBeTruthy();
  });

  it("are a skeleton at first, read out as what it is", async () => {
    await opened({ ports: tcp(80) }, () => new Promise(() => {}));
    expect(screen.getByText("Scanning for open ports…")).toBeTruthy();
    expect(tick(80)).toBeTruthy();
  });

  it("leave the plain field where they cannot be told, with the reason", async () => {
    await opened({ ports: [] }, () => ({
      ports: [],
      fault: fault({
        code: "ENGINE_REFUSED",
        message: "The engine lets nobody look.",
        hint: "Enter the port.",
      }),
    }));
    expect(screen.getByText("The engine lets nobody look. Enter the port.")).toBeTruthy();
    expect(screen.getByRole("textbox", { name: "Port to share of shop/web" })).toBeTruthy();
  });

  it("say beside the ports, and not in a notice, that nobody could be asked", async () => {
    await opened({ ports: [] }, () =>
      Promise.reject(new Problem("BACKEND_SILENT", "No answer.", "Try again.")),
    );
    expect(screen.getByText("No answer. Try again.")).toBeTruthy();
    expect(screen.queryByRole("alert")).toBeNull();
    expect(again()).toBeTruthy();
  });
});

describe("the switch of a container that declares no port", () => {
  it("opens the details with what listens in it, never a dead end", async () => {
    const { host, user, settle } = await renderPanel(showing({ ports: [] }), (fake) =>
      fake.on(ASKED, () => finds(3000)),
    );
    await user.click(screen.getByRole("switch", { name: "Share shop/web" }));
    await screen.findByRole("button", { name: "Close details of shop/web" });
    await settle();
    expect(host.changes).toEqual([]);
    expect(screen.getByText(/Select a detected one/)).toBeTruthy();
    await user.click(tick(3000));
    expect(host.changes).toMatchObject([
      { method: "PUT", body: { ports: [{ port: 3000, protocol: "tcp" }] } },
    ]);
  });
});

describe("a machine's ports", () => {
  it("are those too that something listens on, each with its address", async () => {
    await opened({ ports: tcp(80), share: machineShare() }, () => finds(80, 9229));
    const ports = within(screen.getByRole("group", { name: "Ports of shop/web" }));
    expect(ports.getByText("listening")).toBeTruthy();
    expect(ports.getByText("detected")).toBeTruthy();
    expect(ports.getByText("web.tail1234.ts.net:9229")).toBeTruthy();
  });
});

import { screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { fault, machineShare, noPort, settings, share, snapshot, workload } from "../../testing/fixtures.ts";
import { renderPanel } from "../../testing/render-panel.tsx";

const WEB = "/shares/compose:shop/web/1";
const noMachine = fault({
  code: "NOT_A_MACHINE",
  message: "Its networks are internal.",
  hint: "Share it on this node instead.",
});
const refused = { name: "web", refusal: noMachine };
const of = (extra: Parameters<typeof workload>[0] = {}) => snapshot({ workloads: [workload(extra)] });
const machinesByClick = { settings: settings({ oneClick: "machine", oneClickMode: "machine" }) };

async function opened(first: ReturnType<typeof snapshot>) {
  const panel = await renderPanel(first);
  await panel.details();
  return panel;
}
const radio = (name: string) =>
  within(screen.getByRole("radiogroup", { name: "Address" })).getByRole<HTMLInputElement>("radio", {
    name,
  });
const webSwitch = () => screen.getByRole("switch", { name: "Share shop/web" });

describe("how a share is reached", () => {
  it("changes at once when another way is picked", async () => {
    const { host, user } = await opened(of({ share: share() }));
    host.on(`PUT ${WEB}`, () => of({ share: machineShare() }));
    expect(radio("On this node").checked).toBe(true);
    await user.click(radio("Own machine"));
    expect(host.changes).toMatchObject([{ method: "PUT", path: WEB }]);
    expect(host.changes[0]?.body).toEqual({ mode: "machine" });
    expect(radio("Own machine").checked).toBe(true);
    expect(await screen.findByRole("textbox", { name: "Machine name" })).toBeTruthy();
  });

  it("is where it was when the backend refuses", async () => {
    const { host, user, settle } = await opened(of({ share: share() }));
    host.on(`PUT ${WEB}`, () => Promise.reject(new Error("no")));
    await user.click(radio("Own machine"));
    await settle();
    expect(radio("On this node").checked).toBe(true);
    expect(screen.getByRole("alert").textContent).toContain("Couldn't change the share of web.");
  });

  it("is kept for the switch before there is a share, with the name that was typed", async () => {
    const { host, user } = await opened(of());
    await user.click(radio("Own machine"));
    expect(host.changes).toEqual([]);
    const field = screen.getByRole("textbox", { name: "Machine name" });
    await user.clear(field);
    await user.type(field, "wiki");
    await user.click(webSwitch());
    expect(host.changes.map(({ body }) => body)).toEqual([{ mode: "machine", machine: { name: "wiki" } }]);
  });

  it("is not switched on with a name that no device can have: the row opens and says so", async () => {
    const { host, user } = await opened(of());
    await user.click(radio("Own machine"));
    await user.type(screen.getByRole("textbox", { name: "Machine name" }), "!");
    await user.click(screen.getByRole("button", { name: "Details of shop/web" }));
    await user.click(webSwitch());
    expect(host.changes).toEqual([]);
    expect(screen.getByText(/lower-case letters/)).toBeTruthy();
  });

  it("goes with a port that is shared first", async () => {
    const { host, user } = await opened(of({ ...machinesByClick, ports: [] }));
    await user.click(radio("Own machine"));
    await user.click(radio("On this node"));
    await user.type(screen.getByRole("textbox", { name: "Port to share of shop/web" }), "5000{Enter}");
    expect(host.changes.map(({ body }) => body)).toEqual([
      { mode: "node", ports: [{ port: 5000, protocol: "tcp" }] },
    ]);
  });

  it("asks for a port before a machine without one goes back to the node", async () => {
    const { host, user } = await opened(of({ ports: [], share: machineShare({}, { ports: [] }) }));
    await user.click(radio("On this node"));
    expect(host.changes).toEqual([]);
    await user.type(screen.getByRole("textbox", { name: "Port to share of shop/web" }), "5000{Enter}");
    expect(host.changes.map(({ body }) => body)).toEqual([
      { mode: "node", ports: [{ port: 5000, protocol: "tcp" }] },
    ]);
  });

  it("takes what was found to listen to the node where nothing else is known", async () => {
    const exposure = machineShare({}, { ports: [{ port: 5000, protocol: "tcp", nodePort: 5000 }] }).exposure;
    const { host, user } = await opened(of({ ports: [], share: machineShare({}, { ports: [], exposure }) }));
    await user.click(radio("On this node"));
    expect(host.changes.map(({ body }) => body)).toEqual([
      { mode: "node", ports: [{ port: 5000, protocol: "tcp" }] },
    ]);
  });
});

describe("a container that cannot be a machine", () => {
  it("says why beside the way that is not there", async () => {
    await opened(of({ machine: refused }));
    expect(radio("Own machine").disabled).toBe(true);
    expect(
      screen.getByText(
        "It can't be its own machine. Its networks are internal. Share it on this node instead.",
      ),
    ).toBeTruthy();
  });

  it("is shared on the node with one more click when one click would have made a machine", async () => {
    const { host, user } = await renderPanel(
      snapshot({ ...machinesByClick, workloads: [workload({ machine: refused })] }),
    );
    await user.click(webSwitch());
    expect(host.changes).toEqual([]);
    await user.click(await screen.findByRole("button", { name: "Share on this node instead" }));
    expect(host.changes.map(({ body }) => body)).toEqual([{ mode: "node" }]);
  });

  it("is asked for a port when the engine had not yet reported that there is none", async () => {
    const workloads = [workload({ ports: [], portsKnown: false, machine: refused })];
    const { host, user } = await renderPanel(snapshot({ ...machinesByClick, workloads }));
    host.on(`PUT ${WEB}`, () => Promise.reject(noPort()));
    await user.click(webSwitch());
    await user.click(await screen.findByRole("button", { name: "Share on this node instead" }));
    await user.type(await screen.findByRole("textbox", { name: "Port to share of shop/web" }), "5000{Enter}");
    expect(host.changes.at(-1)?.body).toEqual({ mode: "node", ports: [{ port: 5000, protocol: "tcp" }] });
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it.each(["NOT_A_MACHINE", "TAILSCALED_PRESENT"] as const)("offers the node after %s", async (code) => {
    const exposure = { state: "failed", fault: { ...noMachine, code } } as const;
    const { host, user } = await opened(of({ machine: refused, share: machineShare({}, { exposure }) }));
    await user.click(screen.getByRole("button", { name: "Share on this node instead" }));
    expect(host.changes.map(({ body }) => body)).toEqual([{ mode: "node" }]);
  });

  it("does not offer the node for what would fail there as well", async () => {
    const exposure = { state: "failed", fault: fault() } as const;
    await opened(of({ share: machineShare({}, { exposure }) }));
    expect(screen.queryByRole("button", { name: "Share on this node instead" })).toBeNull();
  });
});

describe("one click that makes a machine", () => {
  it("asks for no port", async () => {
    const { host, user } = await renderPanel(
      snapshot({ ...machinesByClick, workloads: [workload({ ports: [] })] }),
    );
    await user.click(webSwitch());
    expect(host.changes).toMatchObject([{ method: "PUT", path: WEB }]);
    expect(host.changes[0]?.body).toEqual({});
  });

  it("does the same for a whole project", async () => {
    const workloads = [workload(), workload({ id: "compose:shop/worker/1", name: "worker", ports: [] })];
    const { host, user, settle } = await renderPanel(snapshot({ ...machinesByClick, workloads }));
    await user.click(screen.getByRole("switch", { name: "Share all of project shop" }));
    await settle();
    expect(host.changes.map(({ path }) => path).sort()).toEqual([WEB, "/shares/compose:shop/worker/1"]);
  });
});

describe("Funnel, looked for on the node", () => {
  it("comes with a machine of its own, which one click makes of it", async () => {
    const { host, user } = await opened(of({ share: share() }));
    host.on(`PUT ${WEB}`, () => of({ share: machineShare() }));
    expect(screen.getByText("Need a public URL (Funnel)?")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Use own machine: shop/web" }));
    expect(host.changes.map(({ body }) => body)).toEqual([{ mode: "machine" }]);
    expect(await screen.findByRole("checkbox", { name: "Funnel: public internet access" })).toBeTruthy();
  });

  it("is announced for what is not shared yet, and nothing is sent before the switch", async () => {
    const { host, user } = await opened(of());
    await user.click(screen.getByRole("button", { name: "Use own machine: shop/web" }));
    expect(radio("Own machine").checked).toBe(true);
    expect(screen.getByText(/^HTTPS and Funnel .* are available once it's shared\.$/)).toBeTruthy();
    expect(host.changes).toEqual([]);
  });

  it("is out of reach where there can be no machine, with no button that leads nowhere", async () => {
    await opened(of({ share: share(), machine: refused }));
    expect(screen.getByText(/which this container can't be\.$/)).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Use own machine: shop/web" })).toBeNull();
  });
});

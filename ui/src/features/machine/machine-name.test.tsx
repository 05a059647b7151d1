import { screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { badAnswer } from "../../host/problem.ts";
import { machineShare, snapshot, workload } from "../../testing/fixtures.ts";
import { renderPanel } from "../../testing/render-panel.tsx";

const WEB = "/shares/compose:shop/web/1";
const TYPING_MS = 300;
const on = (name = "web") => snapshot({ workloads: [workload({ share: machineShare({ name }) })] });
const field = () => screen.getByRole<HTMLInputElement>("textbox", { name: "Machine name" });
const takenName = (name: string, proposal: string) => ({
  name,
  taken: true,
  proposal,
  dnsName: `${name}.tail1234.ts.net`,
});

async function opened(prepare?: Parameters<typeof renderPanel>[1]) {
  const panel = await renderPanel(on(), prepare);
  await panel.details();
  return panel;
}

async function typed(text: string, prepare?: Parameters<typeof renderPanel>[1]) {
  const panel = await opened(prepare);
  await panel.user.clear(field());
  await panel.user.type(field(), text);
  return panel;
}

describe("a machine's name", () => {
  it("is shown in full as it is typed", async () => {
    const { user } = await opened();
    expect(screen.getByText("web.tail1234.ts.net")).toBeTruthy();
    await user.type(field(), "-2");
    expect(screen.getByText("web-2.tail1234.ts.net")).toBeTruthy();
  });

  it("is saved with Enter", async () => {
    const { host } = await typed("wiki{Enter}");
    expect(await screen.findByText("wiki.tail1234.ts.net")).toBeTruthy();
    expect(host.changes).toMatchObject([{ method: "PUT", path: WEB }]);
    expect(host.changes[0]?.body).toEqual({ machine: { name: "wiki" } });
  });

  it("is saved when the field is left, and once", async () => {
    const { host, user, settle } = await typed("wiki");
    host.on(`PUT ${WEB}`, () => on("wiki"));
    await user.tab();
    await settle();
    await user.click(field());
    await user.tab();
    await settle();
    expect(host.changes.map(({ body }) => body)).toEqual([{ machine: { name: "wiki" } }]);
  });

  it("is never sent as long as no device can be called so", async () => {
    const { host, user, pass } = await typed("My wiki");
    expect(screen.getByText(/lower-case letters/)).toBeTruthy();
    await pass(TYPING_MS);
    await user.tab();
    expect(host.changes).toEqual([]);
    expect(field().value).toBe("My wiki");
  });

  it("is what it was when the backend refuses another one", async () => {
    const { user, settle } = await typed("wiki", (host) =>
      host.on(`PUT ${WEB}`, () => Promise.reject(badAnswer())),
    );
    await user.tab();
    await settle();
    await settle();
    expect(field().value).toBe("web");
  });
});

describe("a name that somebody else has", () => {
  const asked =
    (names: string[]) => (host: Parameters<NonNullable<Parameters<typeof renderPanel>[1]>>[0]) => {
      host.on("GET /names/grafana?workload=compose:shop/web/1", () => {
        names.push("grafana");
        return takenName("grafana", "grafana-2");
      });
    };

  it("is asked about only once nobody types any more", async () => {
    const names: string[] = [];
    const { pass } = await typed("grafana", asked(names));
    await pass(TYPING_MS - 1);
    expect(names).toEqual([]);
    await pass(1);
    expect(names).toEqual(["grafana"]);
    expect(screen.getByText("grafana is taken in your tailnet.")).toBeTruthy();
  });

  it("is not sent, and a free one like it is a click away", async () => {
    const { host, user, pass, settle } = await typed("grafana", asked([]));
    await pass(TYPING_MS);
    await user.type(field(), "{Enter}");
    await user.tab();
    expect(host.changes).toEqual([]);
    await user.click(screen.getByRole("button", { name: "Use grafana-2" }));
    await settle();
    expect(host.changes.map(({ body }) => body)).toEqual([{ machine: { name: "grafana-2" } }]);
  });

  it("is found out before it is sent, however fast somebody types", async () => {
    const { host, settle } = await typed("grafana{Enter}", asked([]));
    await settle();
    expect(screen.getByRole("button", { name: "Use grafana-2" })).toBeTruthy();
    expect(host.changes).toEqual([]);
  });

  it("says nothing when nobody can tell, and saving decides", async () => {
    const { host, user, pass, settle } = await typed("grafana", (fake) =>
      fake.on("GET /names/grafana?workload=compose:shop/web/1", () => Promise.reject(badAnswer())),
    );
    await pass(TYPING_MS);
    expect(screen.queryByRole("alert")).toBeNull();
    await user.tab();
    await settle();
    expect(host.changes.map(({ body }) => body)).toEqual([{ machine: { name: "grafana" } }]);
  });
});

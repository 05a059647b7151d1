import { fireEvent, screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { Problem } from "../../host/problem.ts";
import { share, snapshot, workload } from "../../testing/fixtures.ts";
import { renderPanel } from "../../testing/render-panel.tsx";
import { toField } from "./end-time.ts";

const WEB = "/shares/compose:shop/web/1";
const HOUR = 3_600_000;
const on = (until: string | null = null) => snapshot({ workloads: [workload({ share: share({ until }) })] });
const group = () => within(screen.getByRole("group", { name: "Stop sharing" }));
const button = (name: string) => group().getByRole("button", { name });
const field = () => group().getByLabelText("Stop sharing shop/web at");
const iso = (time: number) => new Date(time).toISOString();

async function opened(first = on()) {
  const panel = await renderPanel(first);
  await panel.details();
  return { ...panel, now: panel.host.clock.now() };
}

describe("when a share stops", () => {
  it.each([
    ["In 1 hour", 1],
    ["In 8 hours", 8],
  ])("'%s' counts from the click, and is shown before it is answered", async (name, hours) => {
    const { host, user, now } = await opened();
    host.on(`PUT ${WEB}`, () => new Promise(() => {}));
    expect(group().getByText("Shared until you turn it off")).toBeTruthy();
    await user.click(button(name));
    expect(host.changes).toMatchObject([
      { method: "PUT", path: WEB, body: { until: iso(now + hours * HOUR) } },
    ]);
    expect(group().getByText(/^Stops /)).toBeTruthy();
  });

  it("is any time that is still to come, and the focus stays beside it", async () => {
    const { host, user, now } = await opened();
    const wanted = now + 30 * HOUR;
    await user.click(button("Custom…"));
    expect(document.activeElement).toBe(field());
    fireEvent.change(field(), { target: { value: toField(now - HOUR) } });
    await user.click(button("Set the end of shop/web"));
    expect(group().getByText("Choose a time in the future.")).toBeTruthy();
    expect(host.changes).toEqual([]);
    fireEvent.change(field(), { target: { value: toField(wanted) } });
    await user.click(button("Set the end of shop/web"));
    expect(host.changes.map(({ body }) => body)).toEqual([{ until: iso(wanted) }]);
    expect(document.activeElement).toBe(button("Custom…"));
  });

  it("begins in the field with the time that is set", async () => {
    const until = iso(Date.parse("2026-03-04T10:15:00Z"));
    const { user } = await opened(on(until));
    await user.click(button("Custom…"));
    expect(field()).toHaveProperty("value", toField(Date.parse(until)));
  });

  it("can be never again", async () => {
    const { host, user, now } = await opened();
    await user.click(button("Never"));
    expect(host.changes).toEqual([]);
    host.publish(on(iso(now + HOUR)));
    await user.click(await group().findByRole("button", { name: "Never", pressed: false }));
    expect(host.changes.map(({ body }) => body)).toEqual([{ until: null }]);
  });

  it("goes back to what it was when the backend refuses", async () => {
    const { host, user, settle } = await opened();
    host.on(`PUT ${WEB}`, () => Promise.reject(new Problem("BAD_REQUEST", "It is over.", "Choose later.")));
    await user.click(button("In 1 hour"));
    await settle();
    expect(group().getByText("Shared until you turn it off")).toBeTruthy();
    expect(screen.getByRole("alert").textContent).toContain("It is over.");
  });

  it("is said in the row, and anew as time goes by", async () => {
    const { pass } = await renderPanel(on("2026-03-01T13:00:00Z"));
    const row = within(screen.getByRole("listitem", { name: "shop/web" }));
    expect(await row.findByText(/^Stops (tomorrow )?at \d\d:00$/)).toBeTruthy();
    await pass(HOUR + 50);
    expect(row.getByText("Stopping…")).toBeTruthy();
  });

  it("is not said of a share that goes on, and cannot be set before there is one", async () => {
    await opened(snapshot());
    expect(screen.queryByText(/^Stops/)).toBeNull();
    expect(screen.queryByRole("group", { name: "Stop sharing" })).toBeNull();
  });
});

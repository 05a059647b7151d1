import { API, type Route } from "@tailnet-share/contract/api";
import { replaceLogInLinks } from "@tailnet-share/contract/log-in-links";
import type { You } from "@tailnet-share/contract/session";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { act, fireEvent, screen } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { everyKind } from "../testing/every-kind.ts";
import {
  connected,
  fault,
  IDENTITY,
  LOGIN_URL,
  LOOKING,
  loggedOut,
  machineShare,
  share,
  snapshot,
  workload,
} from "../testing/fixtures.ts";
import { renderInBrowser } from "../testing/render-panel.tsx";

const EDITOR: You = { ...LOOKING, role: "edit" };
const SOON = "2026-03-06T12:00:00Z";
const left = {
  ...fault({ code: "MACHINE_NOT_REMOVED", message: "A machine is left.", hint: "" }),
  machines: [{ key: "00000000000000aa", name: "wiki", controlUrl: "https://headscale.example.com" }],
};

/** Together, these show every control of the panel that changes something. */
const SNAPSHOTS: Readonly<Record<string, Snapshot>> = {
  "a list": snapshot({
    node: connected({ keyExpiry: SOON }),
    workloads: everyKind().slice(0, 2),
    alerts: [left],
  }),
  "a share on the node": snapshot({
    workloads: [
      workload({
        portRanges: [{ from: 9000, to: 9010, protocol: "tcp" }],
        share: share({ network: { available: ["one", "two"], chosen: null, used: "one" } }),
      }),
    ],
  }),
  "a machine": snapshot({ workloads: [workload({ share: machineShare({ httpsPort: 80 }) })] }),
  "a share whose container is gone": snapshot({ workloads: [workload({ run: "removed", share: share() })] }),
  "a paused node": snapshot({ node: { ...IDENTITY, state: "paused" } }),
  "an expired login": snapshot({ node: { state: "expired", name: "docker-anna", login: null, fault: null } }),
  "a key renewal": snapshot({ node: connected({ renewal: { url: LOGIN_URL, fault: null } }) }),
  "nobody logged in": loggedOut(),
  "a login under way": loggedOut(LOGIN_URL),
};

const CONTROLS = "button, input, select, textarea, [role=combobox], [role^=menuitem], [role=option]";

/** A name that tells one control from another. */
function nameOf(control: Element): string {
  const label = control instanceof HTMLInputElement ? control.labels?.[0]?.textContent : null;
  const own = control.getAttribute("aria-label") ?? control.getAttribute("aria-labelledby") ?? label;
  return `${control.tagName} ${control.getAttribute("value") ?? ""} ${own ?? control.textContent}`;
}

/** As a user does: a disabled control does nothing. */
function use(control: HTMLElement): void {
  if (control.matches(":disabled, [aria-disabled=true], fieldset:disabled *")) return;
  const types = control instanceof HTMLInputElement && !["checkbox", "radio", "file"].includes(control.type);
  if (types && control.readOnly) return;
  if (types) {
    control.focus();
    fireEvent.change(control, {
      target: { value: control.inputMode === "numeric" ? "9001" : "another-name" },
    });
    control.blur();
    control.form?.requestSubmit();
  } else if (control.role === "combobox") fireEvent.mouseDown(control);
  else control.click();
}

function isMenuClosing(): boolean {
  const isOpen = document.querySelector("[aria-haspopup=menu][aria-expanded=true]") !== null;
  return !isOpen && document.querySelector("[role=menu]") !== null;
}

/** Uses every control of the page once, also those that appear meanwhile. Returns the changes that were asked of the backend. */
async function useEverything(first: Snapshot, you: You): Promise<string[]> {
  const { host, settle } = await renderInBrowser(first, you);
  /** Until nothing more appears: a part that loads on demand may load others. */
  const loaded = async () => {
    for (let before = ""; before !== document.body.innerHTML; ) {
      before = document.body.innerHTML;
      await act(async () => await vi.dynamicImportSettled());
      await settle();
      await settle();
    }
    // The items of a menu that fades out can still be clicked, which would replace what the last one opened.
    while (isMenuClosing()) await act(async () => await new Promise((resolve) => setTimeout(resolve, 20)));
  };
  await loaded();
  // One snapshot is enough for the menu and the settings in it, which have most of the controls.
  const used = new Set(first === SNAPSHOTS["a list"] ? [] : ["BUTTON  Account and settings"]);
  /** A menu or a dialog closes with a click elsewhere, so its controls come first, and those that only close it come last. */
  const unused = () =>
    [...document.querySelectorAll<HTMLElement>(CONTROLS)].filter((one) => !used.has(nameOf(one)));
  const nextAbove = () => {
    const above = unused().filter((one) => one.closest("[role=dialog], [role=menu], [role=listbox]"));
    return above.find((one) => !/^(Cancel|Close)$/.test(one.textContent)) ?? above[0];
  };
  /** A menu closes with each click, so open it again until all of its items are used. */
  const reopened = async () => {
    for (const opener of document.querySelectorAll<HTMLElement>("button[aria-haspopup=menu]")) {
      if (nameOf(opener).endsWith("Account and settings") && first !== SNAPSHOTS["a list"]) continue;
      await act(async () => opener.click());
      await loaded();
      const found = nextAbove();
      if (found) return found;
      await act(async () => fireEvent.keyDown(document.activeElement ?? opener, { key: "Escape" }));
      await loaded();
    }
    return undefined;
  };
  // Menus first: the rest of the page ends what is shared, and some items are only there while something is.
  let menusAreUsed = false;
  const next = async () => {
    const above = nextAbove() ?? (menusAreUsed ? undefined : await reopened());
    menusAreUsed ||= above === undefined;
    return above ?? unused()[0] ?? (await reopened());
  };
  for (let control = await next(); control; control = await next()) {
    used.add(nameOf(control));
    const found = control;
    await act(async () => use(found));
    await loaded();
  }
  const calls = host.changes.map(({ method, path }) => `${method} ${path}`);
  return calls.filter((call) => !call.endsWith("/check") && !call.endsWith("/sessions"));
}

describe("a user who may only look", () => {
  it.each(Object.entries(SNAPSHOTS))("changes nothing with any control of %s", async (_what, first) => {
    expect(await useEverything(first, LOOKING)).toEqual([]);
  });

  it("can test a connection, copy, read the details and get the logs and diagnostics", async () => {
    const on = snapshot({ workloads: [workload({ share: share() })] });
    const { details, host, user } = await renderInBrowser(on, LOOKING);
    await details();
    for (const name of ["Test connection: shop/web", "Rescan shop/web"]) {
      const button = screen.getByRole<HTMLButtonElement>("button", { name });
      expect(button.matches(":disabled")).toBe(false);
    }
    await user.click(screen.getByRole("button", { name: "Test connection: shop/web" }));
    expect(host.changes).toMatchObject([{ path: "/shares/compose:shop/web/1/check" }]);
    await user.click(screen.getByRole("button", { name: "Account and settings" }));
    const allowed = screen
      .getAllByRole("menuitem")
      .filter((item) => item.getAttribute("aria-disabled") !== "true");
    expect(allowed.map(({ textContent }) => textContent)).toEqual(
      expect.arrayContaining(["Settings", "View logs", "Download diagnostics", "Copy diagnostics", "Help"]),
    );
  });

  it.each([
    ["a login", loggedOut(LOGIN_URL)],
    [
      "a login of an expired node",
      snapshot({
        node: { state: "expired", name: "docker-anna", login: { url: LOGIN_URL }, fault: null },
      }),
    ],
    ["a key renewal", snapshot({ node: connected({ renewal: { url: LOGIN_URL, fault: null } }) })],
  ])("sees that %s is in progress, and does not wait for its link", async (_what, first) => {
    const { pass } = await renderInBrowser(replaceLogInLinks(first, null), LOOKING);
    expect(await screen.findByText(/login is in progress. Only users who may make changes see/)).toBeTruthy();
    await pass(10_000);
    expect(screen.queryByText(/login link|Continue in your browser|Log in again/)).toBeNull();
  });

  it("sees that a machine waits for its login, and does not wait for its link", async () => {
    const exposure = { state: "needs-approval", by: "log-in", url: LOGIN_URL } as const;
    const waits = snapshot({ workloads: [workload({ share: machineShare({}, { exposure }) })] });
    const { details, pass } = await renderInBrowser(replaceLogInLinks(waits, null), LOOKING);
    await details();
    expect(screen.getByText(/This machine waits for its login. Only users/)).toBeTruthy();
    expect(screen.queryByRole("link", { name: "Approve shop/web" })).toBeNull();
    await pass(10_000);
    expect(screen.queryByText(/machine's link|No link yet/)).toBeNull();
  });

  it("is told why at what is off", async () => {
    const { details } = await renderInBrowser(snapshot({ workloads: [workload()] }), LOOKING);
    const toggle = screen.getByRole("switch", { name: "Share shop/web" });
    expect(toggle.matches(":disabled")).toBe(true);
    expect(toggle.closest("fieldset")?.getAttribute("aria-label")).toBe("You can look, not change");
    await details();
    expect(screen.getAllByRole("group", { name: "You can look, not change" }).length).toBeGreaterThan(2);
  });
});

describe("a user who may change things", () => {
  const made: string[] = [];
  it.each(Object.entries(SNAPSHOTS))("uses the same controls of %s to change it", async (_what, first) => {
    const calls = await useEverything(first, EDITOR);
    made.push(...calls);
    expect(calls).not.toEqual([]);
  });

  it("can make every change that the contract has with these controls", () => {
    const changes = Object.values<Route>(API).filter(({ method }) => method !== "GET");
    const patterns = changes.map(({ method, path }) => `${method} ${path.replaceAll(/:\w+/g, ".+")}`);
    const missing = patterns.filter((pattern) => !made.some((call) => new RegExp(`^${pattern}$`).test(call)));
    // A check changes nothing, and a file can't be picked without a file dialog.
    expect(missing).toEqual(["POST /shares/.+/check", "POST /restore"]);
  });
});

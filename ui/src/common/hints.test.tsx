/// <reference types="vite/client" />
import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { IDENTITY, snapshot, workload } from "../testing/fixtures.ts";
import { renderPanel } from "../testing/render-panel.tsx";

const TEXT = "Account and settings";
const button = () => screen.getByRole("button", { name: TEXT });
const hint = () => screen.queryByRole("tooltip");

describe("hints", () => {
  it("shows one after the pointer has rested, and hides it when the pointer leaves or a button is pressed", async () => {
    const { pass } = await renderPanel(snapshot());
    fireEvent.pointerOver(button());
    await pass(499);
    expect(hint()).toBeNull();
    await pass(1);
    expect((await screen.findByRole("tooltip")).textContent).toBe(TEXT);
    fireEvent.pointerOver(screen.getByRole("banner"));
    await pass(100);
    expect(hint()).toBeNull();

    fireEvent.pointerOver(button());
    await pass(500);
    await screen.findByRole("tooltip");
    fireEvent.pointerDown(button());
    expect(hint()).toBeNull();
  });

  it("stays while the pointer is on it", async () => {
    const { pass } = await renderPanel(snapshot());
    fireEvent.pointerOver(button());
    await pass(500);
    const shown = await screen.findByRole("tooltip");
    fireEvent.pointerOut(button(), { relatedTarget: shown });
    fireEvent.pointerOver(within(shown).getByText(TEXT));
    await pass(1_000);
    expect(hint()).not.toBeNull();
  });

  it("shows one on focus by keyboard, not by the pointer, and hides it on Escape", async () => {
    const { user } = await renderPanel(snapshot());
    await user.click(screen.getByRole("searchbox"));
    expect(document.activeElement).toBe(screen.getByRole("searchbox"));
    expect(hint()).toBeNull();
    act(() => button().focus());
    await screen.findByRole("tooltip");
    await user.keyboard("{Escape}");
    expect(hint()).toBeNull();
  });

  it("describes the focused element, unless its name says the same", async () => {
    const paths = { direct: 0, relayed: 1, relay: "fra" };
    const node = { ...snapshot().node, ...IDENTITY, paths } as ReturnType<typeof snapshot>["node"];
    await renderPanel(snapshot({ node }));
    const path = screen.getByText("Relayed via DERP fra (slower)");
    const visit = (element: HTMLElement) =>
      act(() => {
        // To jsdom, the focus is visible on what follows a text field.
        screen.getByRole("searchbox").focus();
        element.focus();
      });
    visit(path);
    await waitFor(() => expect(hint()?.textContent).toBe(path.dataset.hint));
    expect(path.getAttribute("aria-describedby")).toBe(hint()?.id);
    visit(button());
    await waitFor(() => expect(hint()?.textContent).toBe(TEXT));
    expect(path.getAttribute("aria-describedby")).toBeNull();
    expect(button().getAttribute("aria-describedby")).toBeNull();
  });

  it("repeats a text only while it is cut", async () => {
    const { pass } = await renderPanel(snapshot({ workloads: [workload()] }));
    const name = screen.getByText("nginx:1.29");
    fireEvent.pointerOver(name);
    await pass(500);
    expect(hint()).toBeNull();
    Object.defineProperty(name, "scrollWidth", { value: 900 });
    fireEvent.pointerOver(name);
    await pass(500);
    expect((await screen.findByRole("tooltip")).textContent).toBe("nginx:1.29");
  });
});

/** Parts of the panel's own, in which `title` is a heading. */
const HEADED = [
  "AskedDialog",
  "ConfirmDialog",
  "Disclosure",
  "LogList",
  "Nothing",
  "RadioSetting",
  "Section",
];
const SOURCES = import.meta.glob<string>(["../**/*.tsx", "!../**/*.test.tsx"], {
  query: "?raw",
  import: "default",
  eager: true,
});

it("explains nothing by the title attribute, which shows late and never on focus", () => {
  const bad = Object.entries(SOURCES).flatMap(([file, source]) =>
    [...source.matchAll(/<([A-Za-z.]+)(?:(?!\/>|<[A-Za-z])[\s\S])*?\stitle=/g)]
      .filter(([, tag = ""]) => !HEADED.includes(tag))
      .map(([, tag]) => `${file}: <${tag} title=`),
  );
  expect(Object.keys(SOURCES).length).toBeGreaterThan(80);
  expect(bad).toEqual(["./hint.tsx: <Tooltip title="]);
});

import { act, render, screen } from "@testing-library/react";
import { type ReactNode, useRef } from "react";
import { expect, test } from "vitest";
import { useFocusKeeper } from "./use-focus-keeper.ts";

function Kept({ children }: { children: ReactNode }) {
  const panel = useRef<HTMLDivElement>(null);
  useFocusKeeper(panel);
  return (
    <div ref={panel}>
      <button type="button">header</button>
      {children}
    </div>
  );
}

const button = (name: string) => (
  <button key={name} type="button">
    {name}
  </button>
);
const main = (...children: ReactNode[]) => (
  <main key="main" tabIndex={-1} aria-label="screen">
    {children}
  </main>
);
const group = (...children: ReactNode[]) => <div key="group">{children}</div>;

/** Focuses a button before the change, and returns the name of what has the focus after it. */
async function after(name: string, before: ReactNode, then: ReactNode): Promise<string | null> {
  const { rerender, unmount } = render(<Kept>{before}</Kept>);
  act(() => screen.getByRole("button", { name }).focus());
  await act(async () => {
    rerender(<Kept>{then}</Kept>);
    await Promise.resolve();
  });
  const focused = document.activeElement;
  const words =
    focused?.getAttribute("aria-label") ?? (focused === document.body ? null : focused?.textContent);
  unmount();
  return words ?? null;
}

test.each<[string, string, ReactNode, ReactNode, string | null]>([
  [
    "the next of its group",
    "b",
    main(group(button("a"), button("b"), button("c"))),
    main(group(button("a"), button("c"))),
    "c",
  ],
  [
    "the one before when it was the last",
    "c",
    main(group(button("a"), button("c"))),
    main(group(button("a"))),
    "a",
  ],
  [
    "the link that has come in its place",
    "log in",
    main(group(button("log in"))),
    main(
      group(
        <a key="l" href="#x">
          go on
        </a>,
      ),
    ),
    "go on",
  ],
  [
    "the screen when its group is gone, too",
    "a",
    main(group(button("a")), <p key="p">words</p>),
    main(<p key="p">words</p>),
    "screen",
  ],
  ["the next screen", "a", main(button("a")), <main key="other" tabIndex={-1} aria-label="list" />, "list"],
  ["itself while it stays", "a", main(button("a"), button("b")), main(button("a")), "a"],
])("moves the focus to %s", async (_what, name, before, then, heir) => {
  expect(await after(name, before, then)).toBe(heir);
});

test("leaves a focus alone that somebody else has moved", async () => {
  const { rerender } = render(<Kept>{main(button("a"), button("b"))}</Kept>);
  act(() => screen.getByRole("button", { name: "a" }).focus());
  await act(async () => {
    screen.getByRole("button", { name: "header" }).focus();
    rerender(<Kept>{main(button("b"))}</Kept>);
    await Promise.resolve();
  });
  expect(document.activeElement?.textContent).toBe("header");
});

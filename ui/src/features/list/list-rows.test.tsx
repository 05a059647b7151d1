import { render, screen } from "@testing-library/react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, it } from "vitest";
import { layout } from "../../model/layout.ts";
import { workload } from "../../testing/fixtures.ts";
import { ListRows } from "./list-rows.tsx";

const SIXTY = Array.from({ length: 60 }, (_, index) =>
  workload({ id: `name:web-${index}`, name: `web-${index}` }),
);
const list = (
  <ListRows
    items={layout(SIXTY, { search: "", sharedOnly: false, grouped: false })}
    containers={SIXTY.length}
    draw={(item) => item.key}
  />
);

it("draws a screenful of rows first, so that a long list doesn't delay them", () => {
  const rows = renderToStaticMarkup(list).match(/role="listitem"/g) ?? [];
  expect(rows.length).toBeGreaterThan(20);
  expect(rows.length).toBeLessThan(30);
});

it("then draws every other row", () => {
  render(list);
  expect(screen.getAllByRole("listitem")).toHaveLength(60);
});

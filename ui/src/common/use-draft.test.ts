import { act, renderHook } from "@testing-library/react";
import { expect, it } from "vitest";
import { useDraft } from "./use-draft.ts";

it("keeps what is typed until something else is saved, also what was saved once before", () => {
  const field = renderHook(({ saved }) => useDraft(saved), { initialProps: { saved: "web" } });
  const text = () => field.result.current[0];
  act(() => field.result.current[1]("wiki"));
  field.rerender({ saved: "web" });
  expect(text()).toBe("wiki");
  field.rerender({ saved: "wiki" });
  expect(text()).toBe("wiki");
  field.rerender({ saved: "web" });
  expect(text()).toBe("web");
});

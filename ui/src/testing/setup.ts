import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";
import { ensureThemes } from "../theme/theme.ts";

ensureThemes();
// Lazy parts load slowly on a busy machine; the limit only catches a test that would never end.
configure({ asyncUtilTimeout: 15_000 });
// jsdom has no media queries; the theme queries the dark one.
window.matchMedia ??= (media) =>
  ({
    matches: false,
    media,
    addEventListener() {},
    removeEventListener() {},
    addListener() {},
    removeListener() {},
  }) as unknown as MediaQueryList;

afterEach(() => {
  cleanup();
  localStorage.clear();
});

// jsdom has no layout; the virtual list needs heights to compute how many rows fit.
Object.defineProperty(HTMLElement.prototype, "offsetHeight", { configurable: true, get: () => 61 });
Object.defineProperty(HTMLElement.prototype, "clientHeight", { configurable: true, get: () => 600 });

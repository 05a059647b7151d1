import { describe, expect, it } from "vitest";
import { fallbackTheme } from "../../../ui/src/theme/fallback.ts";
import { themeScript } from "./docker-theme.ts";

const window: { __ddMuiV6Themes?: Record<"light" | "dark", { palette: object; typography: object }> } = {};
new Function("window", themeScript())(window);

describe.each(["light", "dark"] as const)("the %s theme", (scheme) => {
  it("is the one of Docker's package, with its own colours", () => {
    expect(window.__ddMuiV6Themes?.[scheme]).toMatchObject({
      palette: { docker: { blue: {}, grey: {} } },
      typography: { fontSize: 12, body1: { fontSize: 14 } },
    });
  });

  it("gives the same page, text and buttons as the panel's own theme for other hosts", () => {
    const docker = JSON.parse(JSON.stringify(window.__ddMuiV6Themes?.[scheme].palette).toLowerCase());
    const { background, text, primary } = fallbackTheme(scheme).palette ?? {};
    expect(docker).toMatchObject(JSON.parse(JSON.stringify({ background, text, primary }).toLowerCase()));
  });
});

import { describe, expect, it } from "vitest";
import { isFromPanel, isPanelHost } from "./browser-request.ts";

const HOSTS = new Set(["localhost", "127.0.0.1", "[::1]", "docker.tail0123.ts.net", "100.64.0.7"]);
const PANEL = { host: "127.0.0.1:4180", "x-tailnet-share": "1", "sec-fetch-site": "same-origin" };

describe("a request of the panel's own page", () => {
  it.each([
    "127.0.0.1:4180",
    "localhost:4180",
    "[::1]:4180",
    "docker.tail0123.ts.net",
    "DOCKER.tail0123.ts.net.",
    "100.64.0.7:4180",
  ])("may be addressed to %s", (host) => {
    expect(isPanelHost(host, HOSTS)).toBe(true);
    expect(isFromPanel({ method: "GET", headers: { ...PANEL, host } }, HOSTS)).toBe(true);
  });

  it.each([
    undefined,
    "",
    "evil.test",
    "evil.test:4180",
    "127.0.0.1.evil.test",
    "docker.tail9999.ts.net",
    "192.168.1.7:4180",
    "localhost:4180:1",
  ])("is refused when it is addressed to %s", (host) => {
    expect(isFromPanel({ method: "GET", headers: { ...PANEL, host } }, HOSTS)).toBe(false);
  });

  it.each([
    ["comes from a container's page at the same name", { "sec-fetch-site": "same-site" }],
    ["comes from another site", { "sec-fetch-site": "cross-site" }],
    ["is typed into the address bar", { "sec-fetch-site": "none" }],
    ["lacks the panel's header", { "x-tailnet-share": undefined }],
    ["has another origin's port", { "sec-fetch-site": undefined, origin: "http://127.0.0.1:3000" }],
    ["has an opaque origin", { "sec-fetch-site": undefined, origin: "null" }],
    ["has no origin", { "sec-fetch-site": undefined }],
    ["is a form", { "content-type": "application/x-www-form-urlencoded" }],
    ["is a plain text", { "content-type": "text/plain" }],
  ])("is refused when it %s", (_what, headers) => {
    expect(isFromPanel({ method: "PUT", headers: { ...PANEL, ...headers } }, HOSTS)).toBe(false);
  });

  it.each([
    ["with a JSON body", { "content-type": "application/json" }],
    ["with a charset", { "content-type": "application/json; charset=utf-8" }],
    ["without a body", {}],
    [
      "from a browser that sends only its origin",
      { "sec-fetch-site": undefined, origin: "http://127.0.0.1:4180" },
    ],
  ])("may change something %s", (_what, headers) => {
    expect(isFromPanel({ method: "PUT", headers: { ...PANEL, ...headers } }, HOSTS)).toBe(true);
  });
});

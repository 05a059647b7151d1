import { ERROR_STATUS } from "@tailnet-share/contract/error-codes";
import type { ErrorCode } from "@tailnet-share/contract/errors";
import { describe, expect, it } from "vitest";
import { isNavigation, mayWorkSoon, refusalPage } from "./refusal-page.ts";

const CODES = Object.entries(ERROR_STATUS) as [ErrorCode, number][];
const STRANGER = { name: `"><img src=x>`, source: "tag:ci", node: "100.64.0.1" };

describe.each(CODES)("the page for %s (%i)", (code, status) => {
  const fault = { code, message: "It <b>failed</b> & ended.", hint: "Do 'this'." };
  const page = refusalPage(fault, status, null);

  it("is one document without a script, a form or a file from elsewhere", () => {
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).not.toMatch(/<script|<form|<b>|javascript:|\bsrc=|https?:|\son\w+=/i);
  });

  it("says what is wrong, and whether it tries again", () => {
    const texts = ["It &lt;b&gt;failed&lt;/b&gt; &amp; ended.", "Do &#39;this&#39;."];
    for (const text of texts) expect(page.includes(text)).toBe(code !== "UNKNOWN_ROUTE");
    expect(page.includes("tries again")).toBe(mayWorkSoon(status));
    expect(page.includes('<a href="/">')).toBe(code === "UNKNOWN_ROUTE");
  });
});

it("names a stranger and the grant to copy, as text", () => {
  const page = refusalPage({ code: "NO_ROLE", message: "No.", hint: "" }, 403, STRANGER);
  expect(page).toContain("<strong>&quot;&gt;&lt;img src=x&gt;</strong>");
  const text = /<pre>(.*)<\/pre>/s.exec(page)?.[1]?.replaceAll("&quot;", '"') ?? "";
  expect(JSON.parse(text)).toEqual({
    src: ["tag:ci"],
    dst: ["100.64.0.1"],
    app: { "tailnet-share.dev/cap/panel": [{ role: "view" }] },
  });
});

it.each([
  ["GET", { "sec-fetch-mode": "navigate" }, true],
  ["GET", { accept: "text/html,*/*;q=0.8" }, true],
  ["GET", { accept: "text/html", "sec-fetch-mode": "cors" }, false],
  ["GET", { accept: "*/*" }, false],
  ["GET", {}, false],
  ["POST", { accept: "text/html", "sec-fetch-mode": "navigate" }, false],
  ["HEAD", { accept: "text/html" }, false],
])("knows by %s with %j whether a person opens an address", (method, headers, expected) => {
  expect(isNavigation({ method, headers })).toBe(expected);
});

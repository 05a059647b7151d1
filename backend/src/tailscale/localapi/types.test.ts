import { expect, test } from "vitest";
import { FeatureAnswer, Notify, Status } from "./types.ts";

test("a control server has people open pages of the web, and nothing else", () => {
  const opened = (url: string) => [
    Status.parse({ Version: "1", BackendState: "NeedsLogin", AuthURL: url }).AuthURL,
    Notify.parse({ BrowseToURL: url }).BrowseToURL,
    FeatureAnswer.parse({ URL: url }).URL,
  ];
  const page = "https://login.tailscale.com/a/0123456789";
  expect(opened(page)).toEqual([page, page, page]);
  expect(opened("http://headscale.example/register/x")[0]).toBe("http://headscale.example/register/x");
  for (const other of ["javascript:alert(1)", "file:///etc/passwd", "vscode://x", "no address"])
    expect(opened(other)).toEqual(["", "", ""]);
});

import { expect, it } from "vitest";
import { deviceLists, type LeftMachine, namesOf } from "./left-machines.ts";

const CONSOLE = "https://login.tailscale.com/admin/machines";
const left = (name: string, controlUrl = "https://controlplane.tailscale.com"): LeftMachine => ({
  key: "0123456789abcdef",
  name,
  controlUrl,
});

it.each([
  [["web"], "web"],
  [["web", "api"], "web and api"],
  [["web", "api", "db"], "web, api and db"],
  [["web", "api", "db", "wiki"], "web, api, db and 1 other"],
  [["web", "api", "db", "wiki", "mail"], "web, api, db and 2 others"],
])("names the machines %j as '%s'", (names, words) => {
  expect(namesOf(names.map((name) => left(name)))).toBe(words);
});

it("finds the admin console for Tailscale's own control server, and the host of any other", () => {
  const [a, b] = [left("web"), left("api", "")];
  const [c, d] = [left("db", "https://hs.example.com:8443"), left("wiki", "http://not a url")];
  expect(deviceLists([a, c, b, d])).toEqual([
    { kind: "console", url: CONSOLE, machines: [a, b] },
    { kind: "server", host: "hs.example.com:8443", machines: [c] },
    { kind: "server", host: "http://not a url", machines: [d] },
  ]);
});

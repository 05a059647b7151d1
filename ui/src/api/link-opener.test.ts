import { expect, it } from "vitest";
import { connected, loggedOut, snapshot } from "../testing/fixtures.ts";
import { createLinkOpener } from "./link-opener.ts";

function setUp() {
  const opened: string[] = [];
  return { opened, opener: createLinkOpener((url) => opened.push(url)) };
}

it("opens the link once, however often it is seen", () => {
  const { opened, opener } = setUp();
  opener.expect(false);
  opener.see(loggedOut(null));
  opener.see(loggedOut("https://login.test/a"));
  opener.see(loggedOut("https://login.test/a"));
  expect(opened).toEqual(["https://login.test/a"]);
});

it("opens nothing when the panel is merely opened while a login is under way", () => {
  const { opened, opener } = setUp();
  opener.see(loggedOut("https://login.test/a"));
  expect(opened).toEqual([]);
});

it("waits for the new link when a fresh one was asked for", () => {
  const { opened, opener } = setUp();
  opener.see(loggedOut("https://login.test/old"));
  opener.expect(true);
  opener.see(loggedOut("https://login.test/old"));
  expect(opened).toEqual([]);
  opener.see(loggedOut("https://login.test/new"));
  expect(opened).toEqual(["https://login.test/new"]);
});

it("opens nothing after the login was cancelled", () => {
  const { opened, opener } = setUp();
  opener.expect(false);
  opener.dismiss();
  opener.see(loggedOut("https://login.test/a"));
  expect(opened).toEqual([]);
});

it("opens the link of an expired node too", () => {
  const { opened, opener } = setUp();
  opener.expect(false);
  opener.see(
    snapshot({ node: { state: "expired", name: "a", login: { url: "https://login.test/b" }, fault: null } }),
  );
  expect(opened).toEqual(["https://login.test/b"]);
});

it("opens the link of a key that is renewed", () => {
  const { opened, opener } = setUp();
  opener.see(snapshot());
  opener.expect(false);
  opener.see(snapshot({ node: connected({ renewal: { url: "https://login.test/c", fault: null } }) }));
  expect(opened).toEqual(["https://login.test/c"]);
});

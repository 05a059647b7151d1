import { expect, test } from "vitest";
import { renderIpv6WayOut } from "./ipv6-way-out.ts";

test("lets IPv6 leave by loopback, the tailnet and the extension's own network, and by no other card", () => {
  expect(renderIpv6WayOut("eth0")).toContain('oifname != { "lo", "tailscale0", "eth0" } reject');
});

test.each(["", 'eth0" }', "eth0; flush ruleset", "a-name-that-is-too-long"])(
  "puts no card into the rules that is none: %j",
  (card) => {
    expect(() => renderIpv6WayOut(card)).toThrow(RangeError);
  },
);

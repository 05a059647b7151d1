import { describe, expect, test } from "vitest";
import type { Listener } from "./listening.ts";
import { type Circumstances, listeningReason, reasonFor } from "./verdict.ts";

const PORT = { port: 80, protocol: "tcp" as const };
const TARGET = "172.18.0.5";
const on = (...addresses: string[]): Listener[] => [{ ...PORT, addresses }];
const known = (listeners: readonly Listener[] | null, more: Partial<Circumstances> = {}): Circumstances => ({
  listeners,
  young: false,
  isolated: false,
  ...more,
});

describe("the reason for a failed connection", () => {
  test.each<[string, "refused" | "none", Circumstances, string]>([
    ["silence", "none", known(null), "no-answer"],
    ["silence from a program that listens", "none", known(on("0.0.0.0")), "no-answer"],
    ["silence on a network without communication", "none", known(null, { isolated: true }), "filtered"],
    ["a refusal where nothing is known", "refused", known(null), "refused"],
    ["a refusal where nothing listens", "refused", known([]), "refused"],
    [
      "the same with another port",
      "refused",
      known([{ ...PORT, port: 81, addresses: ["0.0.0.0"] }]),
      "refused",
    ],
    [
      "the same over UDP",
      "refused",
      known([{ ...PORT, protocol: "udp", addresses: ["0.0.0.0"] }]),
      "refused",
    ],
    ["a refusal by a container that has just started", "refused", known([], { young: true }), "not-started"],
    ["the same, unseen", "refused", known(null, { young: true }), "not-started"],
    ["a program on 127.0.0.1", "refused", known(on("127.0.0.1")), "loopback-only"],
    ["a program on ::1", "refused", known(on("::1")), "loopback-only"],
    ["a program on both", "refused", known(on("127.0.0.1", "::1"), { young: true }), "loopback-only"],
    ["a program on another address", "refused", known(on("172.19.0.5")), "other-address"],
    [
      "a program on another address and 127.0.0.1",
      "refused",
      known(on("127.0.0.1", "172.19.0.5")),
      "other-address",
    ],
    ["a program on :: without IPv4", "refused", known(on("::")), "ipv6-only"],
    ["a program on an IPv6 address", "refused", known(on("::1", "fd00::5")), "ipv6-only"],
    ["a firewall in front of one that listens", "refused", known(on("0.0.0.0", "::")), "filtered"],
    ["a firewall in front of one at the very address", "refused", known(on(TARGET)), "filtered"],
  ])("%s", (_what, answer, circumstances, reason) => {
    expect(reasonFor(answer, PORT, TARGET, circumstances)).toBe(reason);
  });
});

describe("the reason from the listeners alone", () => {
  test.each<[string, readonly Listener[] | null, string | null]>([
    ["unknown", null, null],
    ["all addresses", on("0.0.0.0"), null],
    ["all of both families", on("0.0.0.0", "::"), null],
    ["their very address", on(TARGET), null],
    ["nothing", [], "refused"],
    ["127.0.0.1", on("127.0.0.1"), "loopback-only"],
    ["the container's other address", on("172.19.0.5"), "other-address"],
    ["IPv6", on("::"), "ipv6-only"],
  ])("%s", (_what, listeners, reason) => {
    expect(listeningReason(PORT, TARGET, known(listeners))).toBe(reason);
  });
});

describe("the reason for visitors who arrive over IPv6", () => {
  test.each<[string, readonly string[], string | null]>([
    ["all of both families", ["0.0.0.0", "::"], null],
    ["IPv6", ["::"], null],
    ["their very address", ["fd7a:115c:a1e0::3"], null],
    ["IPv4", ["0.0.0.0"], "ipv4-only"],
    ["an IPv4 address", ["172.18.0.5"], "ipv4-only"],
    ["an IPv4 address and ::1", ["172.18.0.5", "::1"], "ipv4-only"],
    ["another IPv6 address", ["fd00::5"], "other-address"],
    ["another IPv6 address and IPv4", ["fd00::5", "0.0.0.0"], "other-address"],
    ["127.0.0.1", ["127.0.0.1"], "loopback-only"],
    ["::1", ["::1"], "loopback-only"],
  ])("%s", (_what, addresses, reason) => {
    for (const protocol of ["tcp", "udp"] as const) {
      const port = { ...PORT, protocol };
      const listeners = [{ ...port, addresses: [...addresses] }];
      expect(listeningReason(port, "fd7a:115c:a1e0::3", known(listeners))).toBe(reason);
    }
  });
});

test.each([TARGET, "fd7a:115c:a1e0::3"])(
  "names the missing IPv6 of the container, wherever visitors arrive (%s)",
  (entrance) => {
    const listeners = [{ ...PORT, addresses: ["::"], lacksIPv6: true }];
    expect(listeningReason(PORT, entrance, known(listeners))).toBe("no-ipv6");
    expect(reasonFor("refused", PORT, entrance, known(listeners))).toBe("no-ipv6");
  },
);

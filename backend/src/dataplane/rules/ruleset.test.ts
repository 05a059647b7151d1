import fc from "fast-check";
import { expect, test } from "vitest";
import { EVERY_ABILITY } from "./kernel-features.ts";
import { renderClosed, renderRuleset, ruleCount } from "./ruleset.ts";

const fronted = {
  protocol: "tcp" as const,
  nodePort: 8443,
  address: "172.18.0.4",
  port: 3000,
  via: "172.30.0.2",
};
const web = { protocol: "tcp" as const, nodePort: 8080, address: "172.18.0.3", port: 80 };

test("replaces the table in one transaction", () => {
  const lines = renderRuleset([]).split("\n");
  expect(lines.slice(0, 3)).toEqual([
    "table inet tailnet_share",
    "delete table inet tailnet_share",
    "table inet tailnet_share {",
  ]);
});

test("without shares nothing is translated, and forwarding and input are closed all the same", () => {
  const rules = renderRuleset([]);
  expect(rules).not.toContain("elements");
  expect(rules).toContain("type filter hook forward priority filter; policy drop;");
  expect(rules).toContain("type filter hook input priority filter; policy drop;");
});

test("before anything is known nothing is forwarded, and nothing else is decided", () => {
  expect(renderClosed()).toContain("type filter hook forward priority filter; policy drop;");
  expect(renderClosed().match(/hook/g)).toHaveLength(1);
});

test("WireGuard's packets make no flows, and no client's flow is taken for WireGuard [S028]", () => {
  const rules = renderRuleset([web]);
  expect(rules).toContain('iifname != { "lo", "tailscale0" } udp dport 41641 notrack');
  expect(rules).toContain('oifname != { "lo", "tailscale0" } udp sport 41641 notrack');
  expect(rules).toMatch(/udp sport 41641 masquerade to :1024-32767\n/);
});

test("a share is one target and one allowed flow for each way, which goes on counting from where it was", () => {
  const rules = renderRuleset([web], new Map([["tcp_8080", { received: 12, sent: 34 }]]));
  expect(rules).toContain("elements = { 8080 : 172.18.0.3 . 80 }");
  const counted = (bytes: number) => `elements = { 8080 . 172.18.0.3 . 80 counter packets 0 bytes ${bytes} }`;
  expect(rules).toContain(
    `set tcp_received { type mark . ipv4_addr . inet_service; counter; ${counted(12)}; }`,
  );
  expect(rules).toContain(`set tcp_sent { type mark . ipv4_addr . inet_service; counter; ${counted(34)}; }`);
});

test("ICMP errors that belong to a flow pass in both directions, before anything is refused", () => {
  for (const way of ["to_target", "from_target"]) {
    const [, rules = ""] = renderRuleset([web]).split(`chain ${way} {`);
    const [own = ""] = rules.split("}");
    expect(own).toContain("ct state related accept");
    if (own.includes("reject")) expect(own.indexOf("related")).toBeLessThan(own.indexOf("reject"));
  }
});

test("nothing but numbers and addresses ever gets into the script [S022]", () => {
  fc.assert(
    fc.property(fc.string(), fc.double(), (address, port) => {
      fc.pre(!/^(\d{1,3}\.){3}\d{1,3}$/.test(address));
      expect(() => renderRuleset([{ ...web, address }])).toThrow(RangeError);
      fc.pre(!(Number.isInteger(port) && port >= 1 && port <= 65_535));
      expect(() => renderRuleset([{ ...web, port }])).toThrow(RangeError);
    }),
  );
});

test("its rules are counted, whatever is forwarded and whatever the kernel lacks", () => {
  for (const abilities of [EVERY_ABILITY, new Set<never>()]) {
    const rules = renderRuleset([web], new Map(), abilities)
      .split("\n")
      .filter((line) => line.startsWith("    ") && !line.includes(" hook "));
    expect(rules).toHaveLength(ruleCount(abilities));
    expect(rules.length).toBeGreaterThan(15);
  }
});

test("forwards to a target only where it is the next hop, never by way of a gateway [S026]", () => {
  const [, toTarget = ""] = renderRuleset([web]).split("chain to_target {");
  const accepted = (toTarget.split("}")[0] ?? "")
    .split("\n")
    .filter((line) => line.includes("_received accept"));
  expect(accepted).toHaveLength(2);
  for (const rule of accepted) expect(rule).toContain("ct mark . rt ip nexthop . ");
});

test("a port with HTTPS is translated for tailscaled's own connections, and for nobody on the tailnet", () => {
  const rules = renderRuleset([fronted, web]);
  expect(rules).toContain("elements = { 172.30.0.2 . 8443 : 172.18.0.4 . 3000 }");
  expect(rules).toContain("elements = { 172.30.0.2 . 8443 : 8443 }");
  expect(/map tcp_targets .*/.exec(rules)?.[0]).not.toContain("8443");
  expect(/map tcp_marks .*/.exec(rules)?.[0]).not.toContain("8443");
  expect(() => renderRuleset([{ ...fronted, via: "172.30.0.2 }; flush ruleset" }])).toThrow(RangeError);
});

test("drops an answer to a withdrawn HTTPS share, because a reset would hide the connection from the end of its flows", () => {
  const [, chain = ""] = renderRuleset([fronted]).split("chain to_tailscaled {");
  const rules = chain.slice(0, chain.indexOf("}")).trim().split("\n");
  expect(rules.at(-1)?.trim()).toBe("drop");
  expect(rules.join("\n")).not.toContain("reject");
});

test("the panel for browsers is one port of the backend's own network, and closed everywhere else", () => {
  const rule = 'iifname "eth0" tcp dport 4180 accept';
  expect(renderRuleset([web])).not.toContain("4180");
  const rules = renderRuleset([web], new Map(), EVERY_ABILITY, { card: "eth0", port: 4180 });
  expect(rules.split("4180")).toHaveLength(2);
  expect(rules).toContain(rule);
  expect(ruleCount(EVERY_ABILITY, { card: "eth0", port: 4180 })).toBe(ruleCount(EVERY_ABILITY) + 1);
});

test.each(['eth0" accept', "", "a-very-long-name-of-a-card", "eth0\n"])(
  "the interface '%s' is refused",
  (card) => {
    expect(() => renderRuleset([], new Map(), EVERY_ABILITY, { card, port: 4180 })).toThrow(RangeError);
  },
);

import { describe, expect, it } from "vitest";
import { connected, machine, settings, snapshot } from "../testing/fixtures.ts";
import { dnsNameOf, domainOf, hostsOf, httpsEndpoint, plainEndpoint, tailnetOf } from "./tailnet.ts";

const line = {
  key: "9090/tcp",
  port: 9090,
  protocol: "tcp" as const,
  nodePort: null,
  https: false,
  warning: null,
  listening: null,
  loopback: false,
  found: false,
};

describe("what a row knows of the tailnet", () => {
  it("is its domain, by the node's own name", () => {
    expect(tailnetOf(connected(), settings())).toEqual({
      oneClick: "node",
      domain: "tail1234.ts.net",
      magicDns: true,
      outage: null,
    });
    expect(domainOf("docker")).toBe("");
  });

  it("is no domain while the node has not said its name", () => {
    const { node } = snapshot({ node: { state: "connecting", waitsFor: "the control server" } });
    expect(tailnetOf(node, settings()).domain).toBe("");
    expect(dnsNameOf("web", "")).toBe("web");
    expect(dnsNameOf("web", "tail.test")).toBe("web.tail.test");
  });
});

describe("where a machine answers", () => {
  it("is its name, and its address too where names cannot be looked up", () => {
    expect(hostsOf(machine(), true)).toEqual(["web.tail1234.ts.net"]);
    expect(hostsOf(machine(), false)).toEqual(["web.tail1234.ts.net", "100.64.0.21"]);
    expect(hostsOf(machine({ dnsName: "" }), true)).toEqual(["100.64.0.21"]);
    expect(hostsOf(machine({ dnsName: "", addresses: [] }), true)).toEqual([]);
  });

  it("is name and port where no scheme is known, and its address for where names do not work", () => {
    expect(plainEndpoint(machine(), line)).toMatchObject({
      address: "web.tail1234.ts.net:9090",
      ipAddress: "100.64.0.21:9090",
    });
    const sixOnly = machine({ dnsName: "", addresses: ["fd7a::1"] });
    expect(plainEndpoint(sixOnly, line)?.address).toBe("[fd7a::1]:9090");
    const nameOnly = machine({ addresses: [] });
    expect(plainEndpoint(nameOnly, line)?.ipAddress).toBe("web.tail1234.ts.net:9090");
    expect(plainEndpoint(machine({ dnsName: "", addresses: [] }), line)).toBeNull();
  });

  it("is https only when all is well with it", () => {
    expect(httpsEndpoint(machine())).toBeNull();
    expect(httpsEndpoint(machine({ httpsPort: 80 }))?.address).toBe("https://web.tail1234.ts.net");
    // The certificate does not cover its address.
    expect(httpsEndpoint(machine({ httpsPort: 80 }))?.ipAddress).toBe("https://web.tail1234.ts.net");
    const fault = { code: "HTTPS_NOT_READY" as const, message: "Off.", hint: "" };
    expect(httpsEndpoint(machine({ httpsPort: 80, web: { fault, url: null } }))).toBeNull();
  });
});

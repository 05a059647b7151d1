import { expect, test } from "vitest";
import { endpoints } from "./endpoints.ts";

const node = { dnsName: "docker.tail.test", addresses: ["100.64.0.2", "fd7a::2"] };
const address = (port: number, nodePort = port, protocol: "tcp" | "udp" = "tcp") =>
  endpoints([{ port, protocol, nodePort }], node)[0]?.address;

test("the address has the scheme that the container's port usually speaks", () => {
  expect(address(80)).toBe("http://docker.tail.test");
  expect(address(80, 81)).toBe("http://docker.tail.test:81");
  expect(address(443, 8443)).toBe("https://docker.tail.test:8443");
  expect(address(5432)).toBe("postgresql://docker.tail.test:5432");
  expect(address(3000)).toBe("http://docker.tail.test:3000");
  expect(address(40_000)).toBe("docker.tail.test:40000");
  expect(address(3000, 3000, "udp")).toBe("docker.tail.test:3000");
});

test("only what a browser can open counts as web", () => {
  expect(endpoints([{ port: 5432, protocol: "tcp", nodePort: 5432 }], node)[0]?.web).toBe(false);
  expect(endpoints([{ port: 8080, protocol: "tcp", nodePort: 8080 }], node)[0]?.web).toBe(true);
});

test("the name stands beside the IPv4 address, and an address takes its place where there is none", () => {
  const [named] = endpoints([{ port: 8080, protocol: "tcp", nodePort: 8080 }], node);
  expect(named).toMatchObject({
    address: "http://docker.tail.test:8080",
    ipAddress: "http://100.64.0.2:8080",
  });
  const [nameless] = endpoints([{ port: 8080, protocol: "tcp", nodePort: 8080 }], { ...node, dnsName: "" });
  expect(nameless?.address).toBe("http://100.64.0.2:8080");
});

test("an IPv6 address stands in brackets, with a scheme and without", () => {
  const six = { dnsName: "", addresses: ["fd7a::2"] };
  const [web, other] = endpoints(
    [8080, 40_000].map((port) => ({ port, protocol: "tcp" as const, nodePort: port })),
    six,
  );
  expect(web).toMatchObject({ address: "http://[fd7a::2]:8080", ipAddress: "http://[fd7a::2]:8080" });
  expect(other?.address).toBe("[fd7a::2]:40000");
});

test("HTTPS is at the node's name alone, whatever the port usually speaks, without the port where that is 443", () => {
  const secure = (port: number, nodePort: number) =>
    endpoints([{ port, protocol: "tcp", nodePort, https: true }], node)[0];
  expect(secure(5432, 8443)).toMatchObject({
    address: "https://docker.tail.test:8443",
    ipAddress: "https://docker.tail.test:8443",
    web: true,
  });
  expect(secure(3000, 443)?.address).toBe("https://docker.tail.test");
});

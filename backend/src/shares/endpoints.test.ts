import { expect, test } from "vitest";
import { endpoints } from "./endpoints.ts";

const node = { dnsName: "docker.tail.test", addresses: ["100.64.0.2", "fd7a::2"], magicDns: true };
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

test("without MagicDNS the address is the IPv4 address", () => {
  const [endpoint] = endpoints([{ port: 8080, protocol: "tcp", nodePort: 8080 }], {
    ...node,
    magicDns: false,
  });
  expect(endpoint?.address).toBe("http://100.64.0.2:8080");
});

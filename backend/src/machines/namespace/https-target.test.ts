import { expect, test } from "vitest";
import { httpsAddress, proxyTarget } from "./https-target.ts";

test("proxies HTTPS over TLS to a port that speaks it, and guesses from the number until probed", () => {
  expect(proxyTarget(8080, null, "127.0.0.1")).toBe("http://127.0.0.1:8080");
  expect(proxyTarget(9443, null, "127.0.0.1")).toBe("https+insecure://127.0.0.1:9443");
  expect(proxyTarget(9443, { port: 9443, speaks: null }, "127.0.0.1")).toBe(
    "https+insecure://127.0.0.1:9443",
  );
  expect(proxyTarget(9443, { port: 9443, speaks: false }, "127.0.0.1")).toBe("http://127.0.0.1:9443");
  expect(proxyTarget(8080, { port: 8080, speaks: true }, "127.0.0.1")).toBe(
    "https+insecure://127.0.0.1:8080",
  );
  expect(proxyTarget(8080, { port: 443, speaks: true }, "127.0.0.1")).toBe("http://127.0.0.1:8080");
});

const on = (...addresses: string[]) => [{ port: 8080, protocol: "tcp" as const, addresses }];
test.each<[string, ReturnType<typeof on> | null, string[], string]>([
  ["nothing is known", null, ["::1"], "http://127.0.0.1:8080"],
  ["nothing listens", [], ["::1"], "http://127.0.0.1:8080"],
  ["all addresses", on("0.0.0.0", "::"), ["::1"], "http://127.0.0.1:8080"],
  ["::1", on("::1"), ["::1"], "http://[::1]:8080"],
  ["its own address", on("172.18.0.5"), [], "http://172.18.0.5:8080"],
  ["::1 without IPv6", on("::1"), [], "http://127.0.0.1:8080"],
])("proxies HTTPS to where the program listens: %s", (_what, listening, ipv6, target) => {
  expect(proxyTarget(8080, null, httpsAddress(8080, { listening, ipv6 }))).toBe(target);
});

import { expect, test } from "vitest";
import { proxyTarget } from "./https-target.ts";

test("proxies HTTPS over TLS to a port that speaks it, and guesses from the number until probed", () => {
  expect(proxyTarget(8080, null)).toBe("http://127.0.0.1:8080");
  expect(proxyTarget(9443, null)).toBe("https+insecure://127.0.0.1:9443");
  expect(proxyTarget(9443, { port: 9443, speaks: null })).toBe("https+insecure://127.0.0.1:9443");
  expect(proxyTarget(9443, { port: 9443, speaks: false })).toBe("http://127.0.0.1:9443");
  expect(proxyTarget(8080, { port: 8080, speaks: true })).toBe("https+insecure://127.0.0.1:8080");
  expect(proxyTarget(8080, { port: 443, speaks: true })).toBe("http://127.0.0.1:8080");
});

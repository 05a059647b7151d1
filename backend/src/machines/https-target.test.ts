import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import { proxyTarget, speaksTls } from "./https-target.ts";

test("HTTPS leads to a port by TLS where it speaks that, by its number until it is known", () => {
  expect(proxyTarget(8080, null)).toBe("http://127.0.0.1:8080");
  expect(proxyTarget(9443, null)).toBe("https+insecure://127.0.0.1:9443");
  expect(proxyTarget(9443, { port: 9443, speaks: null })).toBe("https+insecure://127.0.0.1:9443");
  expect(proxyTarget(9443, { port: 9443, speaks: false })).toBe("http://127.0.0.1:9443");
  expect(proxyTarget(8080, { port: 8080, speaks: true })).toBe("https+insecure://127.0.0.1:8080");
  expect(proxyTarget(8080, { port: 443, speaks: true })).toBe("http://127.0.0.1:8080");
});

test("a port that takes no connection has not said anything, and one that speaks HTTP says so", async () => {
  const server = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  expect(await speaksTls(port)).toBe(false);
  server.close();
  expect(await speaksTls(port)).toBeNull();
});

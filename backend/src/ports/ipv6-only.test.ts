import { createSocket } from "node:dgram";
import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import { isIPv6Only } from "./ipv6-only.ts";

test.each([true, false])("tells whether a TCP socket on :: takes IPv6 alone (%s)", async (ipv6Only) => {
  const server = createServer();
  let visits = 0;
  server.on("connection", () => {
    visits += 1;
  });
  await new Promise<void>((resolve) => server.listen({ host: "::", port: 0, ipv6Only }, resolve));
  const { port } = server.address() as AddressInfo;
  expect(await isIPv6Only({ port, protocol: "tcp" })).toBe(ipv6Only);
  expect(visits).toBe(0);
  server.close();
});

test("finds that a TCP socket on :: takes IPv6 alone beside another on 127.0.0.1", async () => {
  const [there, beside] = [createServer(), createServer()];
  await new Promise<void>((resolve) => there.listen({ host: "127.0.0.1", port: 0 }, resolve));
  const { port } = there.address() as AddressInfo;
  await new Promise<void>((resolve) => beside.listen({ host: "::", port, ipv6Only: true }, resolve));
  expect(await isIPv6Only({ port, protocol: "tcp" })).toBe(true);
  there.close();
  beside.close();
});

test.each([true, false])("tells whether a UDP socket on :: takes IPv6 alone (%s)", async (ipv6Only) => {
  const socket = createSocket({ type: "udp6", ipv6Only });
  await new Promise<void>((resolve) => socket.bind(0, "::", resolve));
  expect(await isIPv6Only({ port: socket.address().port, protocol: "udp" })).toBe(ipv6Only);
  socket.close();
});

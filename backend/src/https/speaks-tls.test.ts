import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import { speaksTls } from "./speaks-tls.ts";

test("learns nothing from a port that refuses, and recognizes one that speaks HTTP", async () => {
  const server = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  expect(await speaksTls("127.0.0.1", port)).toBe(false);
  server.close();
  expect(await speaksTls("127.0.0.1", port)).toBeNull();
});

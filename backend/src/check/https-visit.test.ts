import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import { openTls, visitHttps } from "./https-visit.ts";
import { createHopList } from "./report.ts";

const node = { addresses: ["fd7a::1", "100.64.0.1"], dnsName: "docker.tail.test" };
const plain = { port: 80, protocol: "tcp" as const, nodePort: 80 };
const secure = { ...plain, port: 3000, nodePort: 8443, https: true as const };

test("visits the ports with HTTPS by the node's IPv4 address and name, and nothing else", async () => {
  const visits: unknown[] = [];
  const hops = createHopList();
  const open = async (...visit: [string, number, string]) => {
    visits.push(visit);
    return await Promise.resolve(null);
  };
  expect(await visitHttps(node, [plain, secure], hops, open)).toBeNull();
  expect(visits).toEqual([["100.64.0.1", 8443, "docker.tail.test"]]);
  expect(hops.done()).toMatchObject([{ hop: "visit", outcome: "passed" }]);
  expect(await visitHttps(node, [plain], createHopList(), open)).toBeNull();
  expect(visits).toHaveLength(1);
});

test("says what is wrong with a port that does not speak TLS", async () => {
  const server = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  expect(await openTls("127.0.0.1", port, "docker.tail.test")).not.toBeNull();
  server.close();
  const fault = await visitHttps(
    node,
    [secure],
    createHopList(),
    async () => await Promise.resolve("no answer"),
  );
  expect(fault).toMatchObject({ code: "HTTPS_NOT_READY", message: expect.stringContaining("no answer") });
});

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { askByName, refusesName, tryNames } from "./names.ts";

const NAME = "web.tail.test";
const web = (port: number) => [{ port, protocol: "tcp" as const, nodePort: 80 }];
const answering = (byHost: (host: string) => number, body = "") => {
  const asked: string[] = [];
  const ask = async (_address: string, _port: number, host: string) => {
    asked.push(host);
    return await Promise.resolve({ status: byHost(host), body });
  };
  return { ask, asked };
};

test.each<[string, (host: string) => number, boolean]>([
  ["takes any name", () => 200, false],
  ["refuses the tailnet's name alone", (host) => (host === NAME ? 403 : 200), true],
  ["the same by 400", (host) => (host === NAME ? 400 : 302), true],
  ["refuses everybody", () => 403, false],
  ["asks everybody to log in", () => 401, false],
  ["fails for everybody", () => 500, false],
])("an application that %s", async (_what, byHost, fails) => {
  const fault = await tryNames("172.18.0.5", NAME, web(5173), answering(byHost).ask);
  expect(fault?.code ?? null).toBe(fails ? "HOST_REFUSED" : null);
});

test("requests web ports by the clients' name and port, and skips other ports", async () => {
  const { ask, asked } = answering(() => 200);
  const ports = [
    { port: 3000, protocol: "tcp" as const, nodePort: 3001 },
    { port: 5432, protocol: "tcp" as const, nodePort: 5432 },
    { port: 3000, protocol: "udp" as const, nodePort: 3000 },
  ];
  await tryNames("172.18.0.5", NAME, ports, ask);
  expect(asked).toEqual([`${NAME}:3001`]);
});

test.each([
  [
    'Blocked request. This host ("web") is not allowed. To allow it, add it to `server.allowedHosts`',
    "server.allowedHosts",
  ],
  ["Invalid HTTP_HOST header: 'web'. You may need to add 'web' to ALLOWED_HOSTS.", "ALLOWED_HOSTS"],
  ["<h1>Blocked hosts: web</h1>", "config.hosts"],
  ["Invalid Host header", "webpack-dev-server"],
  ["no", "ALLOWED_HOSTS"],
])("names the setting: %s", (body, setting) => {
  expect(refusesName(NAME, 80, { status: 403, body }).hint).toContain(setting);
});

test("sends the Host header over HTTP, and gives up on other protocols", async () => {
  const server = createServer(({ headers }, answer) =>
    answer.writeHead(headers.host === NAME ? 403 : 200).end("x"),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  expect(await askByName("127.0.0.1", port, NAME)).toEqual({ status: 403, body: "x" });
  expect(await askByName("127.0.0.1", port, "localhost")).toEqual({ status: 200, body: "x" });
  server.close();
  expect(await askByName("127.0.0.1", port, NAME)).toBeNull();
});

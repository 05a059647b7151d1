import { mkdtemp, rm } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type IdleServer, listenIdle } from "./idle-server.testing.ts";
import { createRepeatedGet, type RepeatedGet } from "./repeated-get.ts";

describe("a repeated request over a unix socket", () => {
  let folder: string;
  let path: string;
  let get: RepeatedGet;
  let servers: IdleServer[];
  let idle: IdleServer;
  const never = new AbortController().signal;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "repeated-get-"));
    path = join(folder, "server.sock");
    servers = [];
    get = createRepeatedGet(path, "host", "/status?peers=false");
  });

  afterEach(async () => {
    get.close();
    for (const server of servers) await server.close();
    await rm(folder, { recursive: true });
  });

  async function serve(answer: RequestListener): Promise<void> {
    idle = await listenIdle(path, answer);
    servers.push(idle);
  }

  const text = async (signal = never) => (await get.ask(signal)).body.toString();

  it("uses one connection for all requests, for whole and chunked answers, and none after it is closed", async () => {
    let count = 0;
    await serve(({ method, url, headers }, response) => {
      count += 1;
      const body = `${method} ${url} of ${headers.host}, ${count}`;
      if (count % 2 === 0) response.write(body.slice(0, 5), () => response.end(body.slice(5)));
      else response.end(body);
    });
    for (let turn = 1; turn <= 20; turn += 1)
      expect(await text()).toBe(`GET /status?peers=false of host, ${turn}`);
    expect(idle.connections.size).toBe(1);
    get.close();
    await expect.poll(() => idle.connections.size).toBe(0);
  });

  it("serves requests at the same time, and keeps one of their connections", async () => {
    await serve((_, response) => void setTimeout(() => response.end("hello"), 20));
    expect(await Promise.all([text(), text(), text()])).toEqual(["hello", "hello", "hello"]);
    await expect.poll(() => idle.connections.size).toBe(1);
  });

  it("asks who listens at the path now", async () => {
    await expect(get.ask(never), "nobody listens there").rejects.toThrow("ENOENT");
    await serve((_, response) => response.end("first"));
    expect(await text()).toBe("first");
    await rm(path);
    await expect(get.ask(never), "nobody listens there any more").rejects.toThrow("ENOENT");
    await serve((_, response) => response.end("second"));
    expect([await text(), await text()]).toEqual(["second", "second"]);
  });

  it.each<[string, RequestListener]>([
    ["a request that gets no answer", () => undefined],
    ["an answer that stops in the middle", (_, response) => response.writeHead(200).write("first")],
  ])("gives up %s at the signal, and asks again on another connection", async (_what, silent) => {
    let isSilent = true;
    await serve((request, response) => (isSilent ? silent(request, response) : response.end("hello")));
    const reason = new Error("nobody waits");
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 30);
    await expect(get.ask(controller.signal)).rejects.toBe(reason);
    await expect.poll(() => idle.connections.size).toBe(0);
    await expect(get.ask(controller.signal)).rejects.toBe(reason);
    isSilent = false;
    expect(await text()).toBe("hello");
  });

  it("rejects when the server ends the connection, and asks again on another one", async () => {
    let turn = 0;
    await serve(({ socket }, response) => {
      turn += 1;
      if (turn === 1) socket.destroy();
      else response.end("hello", () => turn === 2 && socket.end());
    });
    await expect(get.ask(never)).rejects.toThrow();
    expect(await text()).toBe("hello");
    await expect.poll(() => idle.connections.size).toBe(0);
    expect(await text()).toBe("hello");
  });

  it("rejects an endless answer", async () => {
    await serve((_, response) => void response.write("x".repeat(2_000_000)));
    await expect(get.ask(never)).rejects.toThrow("more than");
  });
});

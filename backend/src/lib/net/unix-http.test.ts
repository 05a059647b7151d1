import { mkdtemp, rm } from "node:fs/promises";
import { createServer as createNetServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type IdleServer, listenIdle } from "./idle-server.testing.ts";
import { createUnixHttp } from "./unix-http.ts";

/** Hundreds of requests are slow on a busy machine. Milliseconds. */
vi.setConfig({ testTimeout: 60_000 });

describe("HTTP over a unix socket", () => {
  let folder: string;
  let socketPath: string;
  let idle: IdleServer;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "unix-http-"));
    socketPath = join(folder, "server.sock");
    idle = await listenIdle(socketPath, (request, response) => {
      if (request.url === "/stream") response.writeHead(200).write("first");
      else if (request.url === "/refused") response.writeHead(403).write("the beginning of a long refusal");
      else if (request.url !== "/silent") response.end("hello");
    });
  });

  afterEach(async () => {
    await idle.close();
    await rm(folder, { recursive: true });
  });

  it("keeps one connection for 300 exchanges, and none after it is closed", async () => {
    const http = createUnixHttp(socketPath, "host");
    for (let turn = 0; turn < 300; turn += 1) await http.send({ method: "GET", path: "/" });
    expect(idle.connections.size).toBe(1);
    http.close();
    await expect.poll(() => idle.connections.size).toBe(0);
  });

  it("asks who listens at the socket now, although a kept connection leads to who listened before", async () => {
    const path = join(folder, "changing.sock");
    const listenAs = (name: string) => listenIdle(path, (_, response) => response.end(name));
    const http = createUnixHttp(path, "host");
    const ask = async () => (await http.send({ method: "GET", path: "/" })).body;
    const first = await listenAs("first");
    expect(await ask()).toBe("first");
    await rm(path);
    await expect(ask(), "nobody listens there").rejects.toThrow("ENOENT");
    const second = await listenAs("second");
    expect([await ask(), await ask()]).toEqual(["second", "second"]);
    http.close();
    for (const listener of [first, second]) await listener.close();
  });

  it("tells a server that switches protocols from one that answers, and leaves no connection", async () => {
    idle.server.on("upgrade", (request, socket) => {
      socket.resume().once("end", () => socket.end());
      if (request.headers.upgrade === "ours")
        socket.write("HTTP/1.1 101 Switching Protocols\r\nupgrade: ours\r\nconnection: upgrade\r\n\r\nmore");
      else if (request.headers.upgrade === "other")
        socket.end("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 7\r\nconnection: close\r\n\r\nrefused");
    });
    const http = createUnixHttp(socketPath, "host");
    const ask = async (protocol: string, timeoutMs?: number) =>
      await http.switches(protocol, { method: "POST", path: "/", ...(timeoutMs ? { timeoutMs } : {}) });
    expect(await ask("ours")).toBeNull();
    expect(await ask("other")).toMatchObject({ status: 502, body: "refused" });
    await expect(ask("silent", 50)).rejects.toMatchObject({ cause: { name: "TimeoutError" } });
    await expect.poll(() => idle.connections.size).toBe(0);
  });

  it("stops sending when its patience is over, and reads the answer that comes of that", async () => {
    const path = join(folder, "patient.sock");
    // Like a Go server: a client that closes its sending side cancels the request, and still gets an answer.
    const patient = createNetServer({ allowHalfOpen: true }, (socket) => {
      socket
        .resume()
        .once("end", () => socket.end("HTTP/1.1 429 Limited\r\ncontent-length: 9\r\n\r\ncancelled"));
    });
    await new Promise<void>((resolve) => patient.listen(path, resolve));
    const answer = await createUnixHttp(path, "host").send({ method: "GET", path: "/", patienceMs: 50 });
    expect(answer).toMatchObject({ status: 429, body: "cancelled" });
    await new Promise((resolve) => patient.close(resolve));
  });

  it("still answers after it is closed, without keeping the connection", async () => {
    const http = createUnixHttp(socketPath, "host");
    http.close();
    expect((await http.send({ method: "GET", path: "/" })).body).toBe("hello");
    await expect.poll(() => idle.connections.size).toBe(0);
  });

  it("ends a stream when it is closed", async () => {
    const http = createUnixHttp(socketPath, "host");
    const { body } = await http.stream({ method: "GET", path: "/stream" });
    const reading = (async () => {
      for await (const _chunk of body) http.close();
    })();
    await expect(reading).rejects.toThrow("aborted");
  });

  it.each([
    ["/silent", 50, { name: "AbortError", cause: { name: "TimeoutError" } }],
    ["/silent", null, { name: "AbortError", cause: { message: "nobody waits" } }],
    ["/stream", 50, { message: "aborted" }],
    ["/stream", null, { message: "aborted" }],
  ])("gives up an answer that does not come: %s after %s ms or at the signal", async (path, ms, error) => {
    const http = createUnixHttp(socketPath, "host");
    const controller = new AbortController();
    const limit = ms === null ? { signal: controller.signal } : { timeoutMs: ms };
    const answer = http.send({ method: "GET", path, ...limit });
    setTimeout(() => controller.abort(new Error("nobody waits")), 50);
    await expect(answer).rejects.toMatchObject(error);
    await expect.poll(() => idle.connections.size).toBe(0);
    http.close();
  });

  it("sends no request for a signal that has aborted", async () => {
    const signal = AbortSignal.abort(new Error("nobody waits"));
    const asked = createUnixHttp(socketPath, "host").send({ method: "GET", path: "/", signal });
    await expect(asked).rejects.toThrow("aborted");
    await expect.poll(() => idle.connections.size).toBe(0);
  });

  it("rejects an answer that ends early", async () => {
    const asked = createUnixHttp(socketPath, "host").send({ method: "GET", path: "/stream" });
    await expect.poll(() => idle.connections.size).toBe(1);
    await delay(20);
    for (const connection of idle.connections) connection.destroy();
    await expect(asked).rejects.toThrow("aborted");
  });

  it("leaves no listener on a signal, and no timer, once a request is answered", async () => {
    const http = createUnixHttp(socketPath, "host");
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, "addEventListener");
    const removed = vi.spyOn(signal, "removeEventListener");
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
    const before = timers();
    for (let turn = 0; turn < 50; turn += 1) await http.send({ method: "GET", path: "/", signal });
    await expect.poll(timers).toBeLessThan(before + 10);
    expect(added).toHaveBeenCalledTimes(50);
    expect(removed).toHaveBeenCalledTimes(50);
    expect(idle.connections.size).toBe(1);
    http.close();
  });

  it("drops the connection of a refused stream, so that 40 refusals leave room for the next request", async () => {
    const http = createUnixHttp(socketPath, "host");
    for (let turn = 0; turn < 40; turn += 1)
      expect((await http.stream({ method: "GET", path: "/refused" })).status).toBe(403);
    expect((await http.send({ method: "GET", path: "/", timeoutMs: 1_000 })).body).toBe("hello");
    await expect.poll(() => idle.connections.size).toBeLessThanOrEqual(1);
    http.close();
  });
});

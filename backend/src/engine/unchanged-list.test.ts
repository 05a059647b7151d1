import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createFakeClock, NEVER_AGAIN } from "../testing.ts";
import { createEngine } from "./engine.ts";

/** Hundreds of requests are slow on a busy machine. Milliseconds. */
vi.setConfig({ testTimeout: 60_000 });

let folder: string;
let server: Server;
let status = "Up 2 hours";
let state = "running";
let inspects = 0;
let answersInspects = true;

const row = (index: number) => ({
  ...{ Id: index.toString(16).padStart(64, "0"), Names: [`/web-${index}`], Image: "nginx" },
  ...{ State: index === 7 ? state : "running" },
  ...{ Status: index === 7 ? status : "Up 2 hours", Labels: {}, Ports: [] },
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "unchanged-list-"));
  status = "Up 2 hours";
  state = "running";
  inspects = 0;
  answersInspects = true;
  server = createServer((request, response) => {
    const json = (value: unknown) => response.end(JSON.stringify(value));
    if (request.url === "/version") return void json({ Version: "20.10", ApiVersion: "1.41" });
    if (request.url?.includes("all=true"))
      return void json(Array.from({ length: 200 }, (_, index) => row(index)));
    inspects += 1;
    if (!answersInspects) return void response.writeHead(500).end("{}");
    const State = { StartedAt: "2026-01-01T00:00:00Z", Running: true, ExitCode: 0 };
    json({ Config: { ExposedPorts: { "80/tcp": {} } }, HostConfig: {}, State, Mounts: [] });
  });
  await new Promise<void>((resolve) => server.listen(join(folder, "docker.sock"), resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

const open = (missed = () => {}) =>
  createEngine(join(folder, "docker.sock"), {
    again: { ...NEVER_AGAIN, missed },
    clock: createFakeClock(),
    log: pino({ level: "silent" }),
  });

/** Counts how many texts are parsed during the work. */
async function parsesIn(work: () => Promise<unknown>): Promise<number> {
  const parse = vi.spyOn(JSON, "parse");
  await work();
  const count = parse.mock.calls.length;
  parse.mockRestore();
  return count;
}

test("a list that is as it was is not parsed again", async () => {
  const engine = open();
  const first = await engine.listContainers();
  expect(first).toHaveLength(200);
  expect(await parsesIn(async () => expect(await engine.listContainers()).toEqual(first))).toBe(0);
  expect(inspects).toBe(200);
});

test.each(["Up 3 hours", "Up 3 hours (healthy)", "Up 59 minutes"])(
  "a list in which only a container's age has changed is not parsed again: %s",
  async (later) => {
    const engine = open();
    const first = await engine.listContainers();
    status = later;
    expect(await parsesIn(async () => expect(await engine.listContainers()).toEqual(first))).toBe(0);
  },
);

test("a list in which a container has stopped is read, whatever its age says", async () => {
  const engine = open();
  await engine.listContainers();
  state = "exited";
  expect((await engine.listContainers()).filter(({ run }) => run === "stopped")).toHaveLength(1);
});

test("a list in which one container has changed is read", async () => {
  const engine = open();
  await engine.listContainers();
  status = "Up 1 second";
  const list = await engine.listContainers();
  expect(list.filter(({ young }) => young).map(({ name }) => name)).toEqual(["web-7"]);
});

test("a list whose details the engine did not tell causes another look and is read again, although it is as it was", async () => {
  let misses = 0;
  const engine = open(() => {
    misses += 1;
  });
  answersInspects = false;
  expect((await engine.listContainers())[0]?.ports).toEqual([]);
  expect(misses).toBe(1);
  answersInspects = true;
  await engine.listContainers();
  await vi.waitFor(async () => {
    expect((await engine.listContainers())[0]?.ports).toEqual([{ port: 80, protocol: "tcp" }]);
  }, 20_000);
  const before = misses;
  await engine.listContainers();
  expect(misses).toBe(before);
});

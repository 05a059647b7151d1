import { beforeEach, describe, expect, it, vi } from "vitest";
import { createManualClock } from "../testing/manual-clock.ts";
import { createConnection } from "./connection.ts";
import type { DesktopClient } from "./desktop-client.ts";

const OLD = "old".padEnd(43, "x");
const NEW = "new".padEnd(43, "x");
const GET = { method: "GET", path: "/snapshot" } as const;
const refusal = {
  error: { code: "SECRET_NEEDED", message: "The request doesn't carry the panel's secret.", hint: "" },
};

interface Sent {
  url: string;
  method: string;
  headers: Record<string, string>;
  data?: unknown;
}
const output = (stdout: string) => ({ stdout, stderr: "", code: 0 });
const unavailable = async () => await Promise.reject(new Error("not here"));

/** How a bridge gives the panel a refusal: the backend answers with status 200 when it is asked to. */
const BRIDGES: Readonly<Record<string, () => unknown>> = {
  "the body": () => refusal,
  "the body as text": () => JSON.stringify(refusal),
  "the body under data": () => ({ data: refusal, statusCode: 200 }),
  "a rejection with the body as its message": () => {
    throw { statusCode: 401, message: JSON.stringify(refusal) };
  },
};

describe("the connection to the backend", () => {
  let memory: Map<string, string>;
  let sent: Sent[];
  let programs: (readonly string[])[];
  /** The secret that the backend knows. */
  let secret: string;
  let refuse: () => unknown;
  /** Whether the backend serves panels without the secret, as in Docker Desktop. */
  let isLenient: boolean;
  let isRunning: boolean;
  beforeEach(() => {
    [memory, sent, programs, secret] = [new Map(), [], [], NEW];
    [isLenient, isRunning] = [false, true];
    refuse = () => refusal;
  });

  const program = async (name: string, args: string[]) => {
    programs.push([name, ...args]);
    return isRunning ? await Promise.resolve(output(`${secret}\n`)) : await unavailable();
  };

  interface Setup {
    vm?: unknown;
    docker?: unknown;
    clock?: ReturnType<typeof createManualClock>;
  }
  function connection({ vm = program, docker = unavailable, clock = createManualClock() }: Setup = {}) {
    const request = async (config: Sent): Promise<unknown> => {
      sent.push(config);
      if (!isRunning) throw new Error("connect ECONNREFUSED");
      const given = config.headers["x-tailnet-share-secret"] ?? "";
      const isAdmitted = given === secret || (isLenient && ["none", "pending"].includes(given));
      return await Promise.resolve(isAdmitted ? { ok: true } : refuse());
    };
    const client = {
      extension: { vm: { cli: { exec: vm }, service: { request } } },
      docker: { cli: { exec: docker } },
    } as unknown as DesktopClient;
    return createConnection(client, {
      recall: (key) => memory.get(key) ?? null,
      remember: (key, value) => void memory.set(key, value),
      clock,
    });
  }

  it("reads the secret once by a program in the backend's container, for all calls that wait", async () => {
    const { send } = connection();
    expect(await Promise.all([send(GET), send(GET), send(GET)])).toEqual(Array(3).fill({ ok: true }));
    expect(programs).toEqual([["/usr/local/bin/node", "/app/panel-secret.mjs"]]);
  });

  const secretsSent = () => sent.map(({ headers }) => headers["x-tailnet-share-secret"]);

  it("doesn't wait for the secret where the backend serves it without", async () => {
    isLenient = true;
    let end = (_result: unknown): void => {};
    const reading = new Promise((resolve) => {
      end = resolve;
    });
    const { send } = connection({ vm: async () => await reading });
    expect(await send(GET)).toEqual({ ok: true });
    end(output(NEW));
    await vi.waitFor(() => expect(memory.size).toBe(1));
    await send(GET);
    expect(secretsSent()).toEqual(["pending", NEW]);
  });

  it.each([true, false])(
    "gets past the secret of the backend's previous run, lenient: %s",
    async (lenient) => {
      await connection().send(GET);
      isLenient = lenient;
      [secret, sent, programs] = [OLD, [], []];
      const { send } = connection();
      expect(await send(GET)).toEqual({ ok: true });
      expect(secretsSent()).toEqual(lenient ? [NEW, "pending"] : [NEW, "pending", OLD]);
      await vi.waitFor(() => expect([...memory.values()]).toEqual([OLD]));
    },
  );

  it("reads the secret again when the reading failed because the backend didn't run", async () => {
    [isLenient, isRunning] = [true, false];
    const { send } = connection();
    await expect(send(GET)).rejects.toThrow("ECONNREFUSED");
    // The reading fails a moment later.
    await new Promise(setImmediate);
    isRunning = true;
    await send(GET);
    await vi.waitFor(() => expect(memory.size).toBe(1));
    await send(GET);
    expect(secretsSent()).toEqual(["pending", "pending", NEW]);
  });

  it("uses a remembered secret at once", async () => {
    await connection().send(GET);
    programs.length = 0;
    expect(await connection().send(GET)).toEqual({ ok: true });
    expect(programs).toEqual([]);
  });

  it.each(Object.entries(BRIDGES))("reads it again when a refusal comes as %s", async (_how, answer) => {
    await connection().send(GET);
    const { send } = connection();
    [secret, refuse] = [OLD, answer];
    expect(await Promise.all([send(GET), send(GET)])).toEqual([{ ok: true }, { ok: true }]);
    expect(programs).toHaveLength(2);
  });

  it("doesn't take another answer or failure for a refusal", async () => {
    const { send } = connection();
    await send(GET);
    refuse = () => ({ workloads: [{ id: "name:SECRET_NEEDED" }] });
    secret = OLD;
    expect(await send(GET)).toEqual({ workloads: [{ id: "name:SECRET_NEEDED" }] });
    refuse = () => {
      throw new Error("connect ECONNREFUSED");
    };
    await expect(send(GET)).rejects.toThrow("ECONNREFUSED");
    expect(programs).toHaveLength(1);
  });

  it("gives up after one more try, with the backend's refusal", async () => {
    const { send } = connection({ vm: async () => await Promise.resolve(output(OLD)) });
    expect(await send(GET)).toEqual(refusal);
    expect(sent).toHaveLength(2);
  });

  const docker = async (command: string, args: string[]) => {
    programs.push([command, ...args]);
    return await Promise.resolve(output(command === "ps" ? "one\ntwo\n" : secret));
  };

  it.each([
    ["has no programs", {}],
    ["refuses to run one", unavailable],
    ["prints something else", async () => await Promise.resolve(output("not found\n"))],
  ])("uses the docker command where the host %s", async (_what, vm) => {
    expect(await connection({ vm, docker }).send(GET)).toEqual({ ok: true });
    expect(programs.map(([command]) => command)).toEqual(["ps", "exec"]);
    expect(programs[1]).toEqual(["exec", "one", "/usr/local/bin/node", "/app/panel-secret.mjs"]);
  });

  it("goes on to the next backend that the docker command lists when one has no secret", async () => {
    const failing = async (command: string, args: string[]) =>
      args[0] === "one" ? await Promise.resolve(output("")) : await docker(command, args);
    expect(await connection({ vm: unavailable, docker: failing }).send(GET)).toEqual({ ok: true });
    expect(programs.map(([command, first]) => [command, first])).toEqual([
      ["ps", "--quiet"],
      ["exec", "two"],
    ]);
  });

  it("stops waiting for programs that never end", async () => {
    const clock = createManualClock();
    const never = async () => await new Promise(() => {});
    const answer = connection({ vm: never, docker: never, clock }).send(GET);
    await vi.waitFor(() => {
      clock.advance(4_000);
      expect(secretsSent()).toEqual(["pending", "none"]);
    });
    expect(await answer).toEqual(refusal);
  });

  it("says so to the backend when neither way works, and remembers nothing", async () => {
    const { send } = connection({ vm: unavailable });
    expect(await send(GET)).toEqual(refusal);
    expect(secretsSent()).toEqual(["pending", "none"]);
    expect(memory.size).toBe(0);
  });

  it("sends a body as text, and none with GET and DELETE", async () => {
    const { send } = connection();
    for (const method of ["PUT", "POST", "PATCH"] as const)
      await send({ method, path: "/x", body: { a: 1 } });
    await send({ method: "POST", path: "/x" });
    await send({ method: "DELETE", path: "/x" });
    await send(GET);
    expect(sent.slice(1).map(({ data }) => data)).toEqual([
      '{"a":1}',
      '{"a":1}',
      '{"a":1}',
      "{}",
      undefined,
      undefined,
    ]);
    expect(sent[0]?.headers["content-type"]).toBe("application/json");
    expect(sent.at(-1)?.headers).not.toHaveProperty("content-type");
  });

  it("says so when there is no host around the panel", async () => {
    const none = createConnection(undefined, {
      recall: () => null,
      remember() {},
      clock: createManualClock(),
    });
    await expect(none.send(GET)).rejects.toMatchObject({ code: "NO_HOST" });
  });
});

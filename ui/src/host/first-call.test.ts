import { expect, it, vi } from "vitest";
import { createManualClock } from "../testing/manual-clock.ts";
import { createDesktopHost } from "./desktop.ts";
import { FIRST_CALL, makeFirstCall } from "./first-call.ts";
import { noHost } from "./problem.ts";

/** A connection whose answers count the calls. */
function counting() {
  const send = vi.fn(async (_call: unknown): Promise<unknown> => `answer ${send.mock.calls.length}`);
  return { send };
}

it("calls the backend before there is a host, and gives that answer to the first matching call only", async () => {
  const connection = counting();
  const answer = makeFirstCall(connection);
  expect(connection.send).toHaveBeenCalledExactlyOnceWith(FIRST_CALL);
  const host = createDesktopHost(connection, answer);
  expect(await host.call({ ...FIRST_CALL, path: "/snapshot?since=x" })).toBe("answer 2");
  expect(await host.call(FIRST_CALL)).toBe("answer 1");
  expect(await host.call(FIRST_CALL)).toBe("answer 3");
});

it("unwraps the first answer as every other one", async () => {
  const host = createDesktopHost(counting(), Promise.resolve({ data: '{"revision":"one"}' }));
  expect(await host.call(FIRST_CALL)).toEqual({ revision: "one" });
});

it("passes a failure of the first call on to the caller that takes its answer", async () => {
  const connection = { send: async () => await Promise.reject(noHost()) };
  const host = createDesktopHost(connection, makeFirstCall(connection));
  await expect(host.call(FIRST_CALL)).rejects.toMatchObject({ code: "NO_HOST" });
});

it("limits the time that it waits for the first answer", async () => {
  const clock = createManualClock();
  const call = createDesktopHost(counting(), new Promise(() => {}), clock).call(FIRST_CALL);
  clock.advance(FIRST_CALL.limitMs);
  await expect(call).rejects.toMatchObject({ code: "BACKEND_SILENT" });
});

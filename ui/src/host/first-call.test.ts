import { afterEach, expect, it, vi } from "vitest";
import { createManualClock } from "../testing/manual-clock.ts";
import { createDesktopHost } from "./desktop.ts";
import { FIRST_CALL, makeFirstCall } from "./first-call.ts";

/** A client whose answers count the calls. */
function client() {
  const get = vi.fn(async (_path: string): Promise<unknown> => `answer ${get.mock.calls.length}`);
  vi.stubGlobal("ddClient", { extension: { vm: { service: { get } } } });
  return get;
}

afterEach(() => {
  vi.unstubAllGlobals();
});

it("calls the backend before there is a host, and gives that answer to the first matching call only", async () => {
  const get = client();
  const answer = makeFirstCall();
  expect(get).toHaveBeenCalledExactlyOnceWith(FIRST_CALL.path);
  const host = createDesktopHost(answer);
  expect(await host.call({ ...FIRST_CALL, path: "/snapshot?since=x" })).toBe("answer 2");
  expect(await host.call(FIRST_CALL)).toBe("answer 1");
  expect(await host.call(FIRST_CALL)).toBe("answer 3");
});

it("unwraps the first answer as every other one", async () => {
  const host = createDesktopHost(Promise.resolve({ data: '{"revision":"one"}' }));
  expect(await host.call(FIRST_CALL)).toEqual({ revision: "one" });
});

it("passes a failure of the first call on to the caller that takes its answer", async () => {
  vi.stubGlobal("ddClient", {});
  await expect(createDesktopHost(makeFirstCall()).call(FIRST_CALL)).rejects.toMatchObject({
    code: "NO_HOST",
  });
});

it("limits the time that it waits for the first answer", async () => {
  const clock = createManualClock();
  const call = createDesktopHost(new Promise(() => {}), clock).call(FIRST_CALL);
  clock.advance(FIRST_CALL.limitMs);
  await expect(call).rejects.toMatchObject({ code: "BACKEND_SILENT" });
});

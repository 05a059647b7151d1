import { NO_SECRET, SECRET_HEADER, SECRET_PENDING } from "@tailnet-share/contract/access";
import type { ErrorCode } from "@tailnet-share/contract/errors";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { createAccess } from "./access.ts";

const SECRET = "the-secret-of-this-run";
const PANEL = { host: "backend", [SECRET_HEADER]: SECRET };

describe("access to the backend's socket", () => {
  let isShared: () => Promise<boolean>;
  const warn = vi.fn();
  let admit: ReturnType<typeof createAccess>;

  beforeEach(() => {
    warn.mockClear();
    isShared = async () => await Promise.resolve(false);
    admit = createAccess({
      secret: { matches: (given) => given === SECRET },
      mayShareSocket: async () => await isShared(),
      log: { warn },
    });
  });

  const answer = async (headers: Record<string, string | undefined>): Promise<ErrorCode | "admitted"> =>
    await admit({ headers }).then(
      () => "admitted",
      (error) => error.code,
    );

  it.each([
    "backend",
    "localhost",
    "backend.sock",
    "127.0.0.1:41234",
    "localhost:80",
    "[::1]:41234",
    "docker-desktop",
  ])("admits the secret over the name %s", async (host) => {
    expect(await answer({ ...PANEL, host })).toBe("admitted");
  });

  it.each([
    ["no secret", { host: "backend" }],
    ["an empty one", { host: "backend", [SECRET_HEADER]: "" }],
    ["another one", { host: "backend", [SECRET_HEADER]: "the-secret-of-another-run" }],
    ["the start of it", { host: "backend", [SECRET_HEADER]: SECRET.slice(0, -1) }],
    ["more than it", { host: "backend", [SECRET_HEADER]: `${SECRET}, ${SECRET}` }],
  ])("refuses %s, whoever has the socket", async (_what, headers) => {
    expect(await answer(headers)).toBe("SECRET_NEEDED");
    isShared = async () => await Promise.resolve(true);
    expect(await answer(headers)).toBe("SECRET_NEEDED");
  });

  it.each([
    ["origin", "http://127.0.0.1:41234"],
    ["origin", "null"],
    ["referer", "http://evil.test/"],
    ["sec-fetch-site", "none"],
    ["sec-fetch-mode", "cors"],
    ["sec-fetch-dest", "empty"],
    ["host", "evil.test"],
    ["host", "evil.test:41234"],
    ["host", "192.168.1.7:41234"],
    ["host", "docker.tail0123.ts.net"],
    ["host", ""],
    ["host", undefined],
  ])("refuses a request with %s %s even with the secret [S141]", async (name, value) => {
    expect(await answer({ ...PANEL, [name]: value })).toBe("NOT_ALLOWED");
  });

  const without = (value: string) => ({ host: "backend", [SECRET_HEADER]: value });

  it("admits a panel whose host can't run the program while no other container has the socket, and logs that once", async () => {
    expect([await answer(without(NO_SECRET)), await answer(without(NO_SECRET))]).toEqual([
      "admitted",
      "admitted",
    ]);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it("asks the engine once for all requests that come meanwhile, and again for later ones", async () => {
    const asked = vi.fn(async () => await Promise.resolve(true));
    isShared = asked;
    const crowd = Array.from({ length: 20 }, async () => await answer(without(NO_SECRET)));
    expect(new Set(await Promise.all(crowd))).toEqual(new Set(["SECRET_NEEDED"]));
    expect(asked).toHaveBeenCalledTimes(1);
    isShared = async () => await Promise.resolve(false);
    expect(await answer(without(NO_SECRET))).toBe("admitted");
  });

  it("admits a panel that is still reading the secret while no other container has the socket", async () => {
    expect(await answer(without(SECRET_PENDING))).toBe("admitted");
    expect(warn).not.toHaveBeenCalled();
  });

  it.each([NO_SECRET, SECRET_PENDING])(
    "refuses '%s' while another container may have the socket, or the engine can't be asked [S142]",
    async (value) => {
      isShared = async () => await Promise.resolve(true);
      expect(await answer(without(value))).toBe("SECRET_NEEDED");
      isShared = async () => await Promise.reject(new Error("no engine"));
      expect(await answer(without(value))).toBe("SECRET_NEEDED");
      expect(warn).not.toHaveBeenCalled();
    },
  );
});

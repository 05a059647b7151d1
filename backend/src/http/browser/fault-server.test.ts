import type { Fault } from "@tailnet-share/contract/errors";
import type { FastifyInstance, InjectOptions } from "fastify";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFaultServer } from "./fault-server.ts";

const FAULT: Fault = {
  code: "ENVIRONMENT_UNUSABLE",
  message: "TAILNET_SHARE_PANEL must be on or off.",
  hint: "Change or remove it.",
};

describe("a backend that can't start", () => {
  const lines: string[] = [];
  let server: FastifyInstance;
  beforeEach(() => {
    lines.length = 0;
    server = createFaultServer(
      FAULT,
      pino({ level: "info" }, { write: (line: string) => void lines.push(line) }),
    );
  });
  afterEach(async () => await server.close());

  it.each<InjectOptions>([
    { method: "GET", url: "/snapshot" },
    { method: "GET", url: "/api/snapshot?since=1" },
    { method: "PUT", url: "/shares/name%3Aweb", payload: {} },
    { method: "POST", url: "/panel-link" },
    { method: "GET", url: "/%zz" },
  ])("answers $method $url with the reason, and logs nothing more", async (request) => {
    const { statusCode, body } = await server.inject(request);
    expect([statusCode, JSON.parse(body)]).toEqual([502, { error: FAULT }]);
    expect(lines).toEqual([]);
  });

  it.each(["/", "/anything", "/%zz"])("shows a browser at %s a page that tries again", async (url) => {
    const headers = { accept: "text/html,*/*;q=0.8" };
    const answer = await server.inject({ method: "GET", url, headers });
    expect([answer.statusCode, answer.headers.refresh]).toEqual([502, "5"]);
    for (const words of [FAULT.message, FAULT.hint, "tries again"]) expect(answer.body).toContain(words);
    expect(answer.headers["content-security-policy"]).toContain("default-src 'self'");
  });
});

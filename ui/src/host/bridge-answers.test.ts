import { describe, expect, it } from "vitest";
import { toProblem, unwrap } from "./bridge-answers.ts";
import { DESKTOP_WORDS } from "./words.ts";

const fault = { code: "NODE_PORT_TAKEN", message: "Port 8080 is taken.", hint: "Choose another." };

describe("unwrap", () => {
  it("hands over a plain body", () => {
    expect(unwrap({ revision: "r1" })).toEqual({ revision: "r1" });
  });

  it("takes the body out of data, as some releases wrap it", () => {
    expect(unwrap({ data: { revision: "r1" }, statusCode: 200 })).toEqual({ revision: "r1" });
  });

  it("parses a body that came as text", () => {
    expect(unwrap('{"revision":"r1"}')).toEqual({ revision: "r1" });
    expect(unwrap({ data: '{"revision":"r1"}' })).toEqual({ revision: "r1" });
  });

  it("throws when a host passes an error off as an answer", () => {
    expect(() => unwrap({ data: { error: fault } })).toThrow("Port 8080 is taken.");
  });

  it("still sees an error whose code it does not know", () => {
    expect(() => unwrap({ error: { code: "FROM_THE_FUTURE", message: "New trouble." } })).toThrow(
      "New trouble.",
    );
  });
});

describe("toProblem", () => {
  it.each([
    ["the body itself", { error: fault }],
    ["message", { statusCode: 409, message: JSON.stringify({ error: fault }) }],
    ["words before the body in message", new Error(`HTTP 409: ${JSON.stringify({ error: fault })}`)],
    ["response.data", { response: { status: 409, data: { error: fault } } }],
    ["data", { statusCode: 409, data: { error: fault } }],
  ])("finds code, message and hint in %s", (_where, reason) => {
    expect(toProblem(reason, DESKTOP_WORDS)).toMatchObject(fault);
  });

  it("says that a refusal without a body is one, instead of calling the backend unreachable", () => {
    expect(toProblem({ statusCode: 400, message: "Bad Request" }, DESKTOP_WORDS).code).toBe("BAD_REQUEST");
  });

  it.each([new Error("connect ECONNREFUSED"), { statusCode: 502, message: "" }, undefined, null, "gone"])(
    "takes everything else for an unreachable backend: %s",
    (reason) => {
      expect(toProblem(reason, DESKTOP_WORDS).code).toBe("BACKEND_UNREACHABLE");
    },
  );
});

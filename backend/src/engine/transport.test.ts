import { expect, test } from "vitest";
import { engineAway, engineRefusal, olderVersion } from "./transport.ts";

test("speaks the older of the engine's version and the newest that is known, compared as numbers", () => {
  expect(olderVersion("1.41", "1.54")).toBe("1.41");
  expect(olderVersion("1.60", "1.54")).toBe("1.54");
  expect(olderVersion("1.9", "1.41")).toBe("1.9");
  expect(olderVersion("2.0", "1.54")).toBe("1.54");
});

test.each(["EACCES", "EPERM"])("names the socket that may not be opened, and its cure: %s", (code) => {
  const { fault } = engineAway(Object.assign(new Error(`connect ${code}`), { code }), () => null, {});
  expect(fault).toMatchObject({
    code: "ENGINE_UNREACHABLE",
    message: "Tailnet Share has no permission to open Docker Engine's socket.",
    hint: expect.stringContaining("userns-remap"),
  });
});

test.each(["ENOENT", "ECONNREFUSED", "ECONNRESET", undefined])(
  "takes any other failure for an engine that does not run: %s",
  (code) => {
    const { fault } = engineAway(Object.assign(new Error("connect"), { code }), () => null, {});
    expect(fault).toMatchObject({
      code: "ENGINE_UNREACHABLE",
      hint: expect.stringContaining("Start Docker"),
    });
  },
);

test.each([
  ["ENOENT", "not mounted"],
  ["ECONNREFUSED", "not mounted"],
  ["ECONNRESET", "Can't reach"],
])("blames a socket that is not mounted where the error fits it: %s", (code, message) => {
  const missing = { code: "ENGINE_UNREACHABLE", message: "It is not mounted.", hint: "Mount it." } as const;
  const { fault } = engineAway(Object.assign(new Error("connect"), { code }), () => missing, {});
  expect(fault.message).toContain(message);
});

test.each(["EACCES", "ECONNRESET"])("names Podman and how to start it: %s", (code) => {
  const { fault } = engineAway(Object.assign(new Error("connect"), { code }), () => null, { podman: true });
  expect(fault.message).toContain("Podman");
  expect(`${fault.message} ${fault.hint}`).not.toMatch(/docker/i);
  expect(
    engineRefusal({ status: 500, headers: {}, body: "" }, { kind: { podman: true } }).fault.message,
  ).toBe("Podman returned an error: status 500");
});

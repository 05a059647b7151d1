import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openEngine } from "../../src/engine/engine.ts";
import { createSteps } from "../../src/lib/steps.ts";
import { type DocumentedRun, openDocumentedRun } from "../fixtures/documented-run.ts";

describe("a backend that can't start with its environment", () => {
  let run: DocumentedRun;

  beforeAll(async () => {
    run = await openDocumentedRun(await openEngine(createSteps(() => {})));
  });
  afterAll(async () => await run?.close());

  it.each([
    ["TAILNET_SHARE_PANEL", "yes", "must be on or off"],
    ["TAILNET_SHARE_PANEL_URL", "127.0.0.1:4180", "must begin with http:// or https://"],
    ["TAILNET_SHARE_LOG_LEVEL", "verbose", "must be debug, info, warn or error"],
    ["TAILNET_SHARE_STATE", "state", "must be an absolute path"],
  ])("says in one line what %s=%s must be, with a code and the next step", async (name, value, must) => {
    const { backend } = await run.create({ env: { [name]: value } });
    await expect.poll(async () => await backend.logs(), { timeout: 10_000 }).toContain(`${name} ${must}.`);
    // The engine starts it again and again, with the same line each time.
    for (const line of (await backend.logs()).trim().split("\n"))
      for (const words of ["FATAL backend.misconfigured", "ENVIRONMENT_UNUSABLE", "Change or remove it"])
        expect(line).toContain(words);
  });

  it("writes that line as JSON for programs", async () => {
    const env = { TAILNET_SHARE_LOG_FORMAT: "json", TAILNET_SHARE_PANEL: "yes" };
    const { backend } = await run.create({ env });
    await expect.poll(async () => await backend.logs(), { timeout: 10_000 }).toContain("}\n");
    const [line = ""] = (await backend.logs()).split("\n");
    expect(JSON.parse(line)).toMatchObject({ event: "backend.misconfigured", code: "ENVIRONMENT_UNUSABLE" });
  });

  it("starts once the variables are right, and takes empty ones for ones that are not set", async () => {
    const { api } = await run.start({ env: { TAILNET_SHARE_LOG_LEVEL: "", TAILNET_SHARE_CA_FILE: "" } });
    await api.waitFor(
      "the engine",
      ({ engine, alerts }) => engine.state === "connected" && alerts.length === 0,
    );
  });
});

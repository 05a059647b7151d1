import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../../src/bed.ts";
import { openBedOnEngineSocket } from "../../fixtures/open-bed.ts";

describe("on an engine with userns-remap", () => {
  let bed: Bed;

  beforeAll(async () => {
    bed = await openBedOnEngineSocket();
  });
  afterAll(async () => await bed?.close());

  it("runs on an engine that remaps the root of its containers", async () => {
    const { stdout } = await bed.desktop.backend.exec(["/usr/local/bin/node", "-e", READ_UID_MAP]);
    expect(stdout.trim()).not.toMatch(/^0\s+0\s/);
  });

  it("reports that it may not open the engine's socket, and what to do about it", async () => {
    const { engine } = await bed.api.waitFor("the engine's fault", (snapshot) =>
      snapshot.engine.state === "unreachable" ? snapshot : null,
    );
    expect(engine).toMatchObject({
      fault: {
        code: "ENGINE_UNREACHABLE",
        message: expect.stringContaining("has no permission to open"),
        hint: expect.stringContaining("userns-remap"),
      },
    });
  });

  it("still logs in, so that only the engine is missing", async () => {
    await bed.login();
    expect(await bed.api.snapshot()).toMatchObject({
      dataPlane: { mode: "kernel", fault: null },
      workloads: [],
    });
  });
});

const READ_UID_MAP = 'console.log(require("node:fs").readFileSync("/proc/self/uid_map", "utf8"))';

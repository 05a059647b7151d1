import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../../src/bed.ts";
import type { FaultyEngine } from "../../src/engine/faulty-engine.ts";
import { machinesByKey, machineUp, startOnTailnet } from "../fixtures/machines.ts";
import { openBedWithFaultyEngine } from "../fixtures/open-bed.ts";
import { liveAddress, reaches } from "../fixtures/visits.ts";

/** IDs that an engine generates: hexadecimal, or Swarm's shorter ones. */
const ID = "(?:[0-9a-f]{64}|[0-9a-z]{25})";
/** An image's ID has a prefix for its kind. By name, only tailscale's image is requested. */
const IMAGE = "(?:tailscale\\/tailscale:[\\w.]+|(?:sha256:)?[0-9a-f]{64})";

/** Parses SECURITY.md, independently of the code that enforces it. */
async function documentedCalls(): Promise<{ text: string; pattern: RegExp }[]> {
  const text = await readFile(new URL("../../../SECURITY.md", import.meta.url), "utf8");
  return [...text.matchAll(/^\| `((?:GET|POST|DELETE) \/[^`]*)` \|/gm)].map(([, call = ""]) => ({
    text: call,
    pattern: new RegExp(
      `^${call.replaceAll("/", "\\/").replaceAll(/\{(\w+)\}/g, (_whole, parameter: string) => (parameter === "image" ? IMAGE : ID))}$`,
    ),
  }));
}

describe("the backend's calls to the engine", () => {
  let bed: Bed;
  let engineSocket: FaultyEngine;

  beforeAll(async () => {
    ({ bed, engineSocket } = await openBedWithFaultyEngine());
    await bed.login();
  });
  afterAll(async () => await bed?.close());

  it("are those that SECURITY.md lists and no others, through a life with shares, machines and looks into containers [S081]", async () => {
    const web = await bed.samples.start({ name: `op-node-${bed.id}`, http: 8080 });
    const address = await liveAddress(
      bed,
      `name:${web.name}`,
      await bed.api.putShare(`name:${web.name}`, { mode: "node" }),
    );
    await reaches(bed.peer, address, "says hello");
    await bed.api.check(`name:${web.name}`);
    await bed.api.raw({ method: "GET", url: `/workloads/name:${web.name}/listening` });
    await machinesByKey(bed);
    const own = await startOnTailnet(bed, `op-own-${bed.id}`);
    await bed.api.putShare(`name:${own.name}`, { mode: "machine" });
    await machineUp(bed, `name:${own.name}`, 60_000);
    await bed.api.check(`name:${own.name}`);
    // This image does not exist anywhere, so the backend inspects it and then pulls it.
    await bed.api.patchSettings({ machineTailscale: "v1.2.3" });
    await bed.api.waitFor(
      "the image to be missed",
      ({ alerts }) => alerts.some(({ code }) => code === "IMAGE_UNAVAILABLE"),
      150_000,
    );
    await bed.api.patchSettings({ machineTailscale: "" });
    await machineUp(bed, `name:${own.name}`, 60_000);
    await bed.api.deleteShares();
    await bed.api.diagnostics();
    await bed.desktop.backend.restart();
    await bed.api.waitFor("the backend to be back", ({ node }) => node.state === "connected", 60_000);

    const documented = await documentedCalls();
    const asked = [...engineSocket.asked()].map((call) =>
      call.replace(/ \/v1\.\d+\//, " /").replace(/\?.*$/, ""),
    );
    const strangers = asked.filter((call) => !documented.some(({ pattern }) => pattern.test(call)));
    expect(strangers).toEqual([]);
    // The list must not contain unneeded calls either.
    const unused = documented.filter(({ pattern }) => !asked.some((call) => pattern.test(call)));
    expect(unused.map(({ text }) => text)).toEqual([]);
  }, 300_000);
});

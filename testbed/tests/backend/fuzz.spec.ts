import { randomInt } from "node:crypto";
import { SECRET_HEADER } from "@tailnet-share/contract/access";
import { Backup } from "@tailnet-share/contract/backup";
import { Snapshot } from "@tailnet-share/contract/snapshot";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { PANEL_SECRET_FILE } from "../../../backend/src/http/access/secret-file.ts";
import type { Bed } from "../../src/bed.ts";
import { openBed } from "../fixtures/open-bed.ts";
import { figuresOf, type ProcessFigures } from "../fixtures/process-figures.ts";
import { liveAddress, reaches } from "../fixtures/visits.ts";
import { againstContract, hostile } from "./contract-requests.ts";
import { malformed, type PreparedRequest, untried } from "./malformed.ts";

/**
 * Sends prepared requests to the socket inside the backend's container, eight at a time. Prints each status, and the answers with
 * a status outside LEAST to 499 or a refusal without a code.
 */
const SENDER = `
const http = require("node:http"), own = { host: "backend", "${SECRET_HEADER}": require("node:fs").readFileSync("${PANEL_SECRET_FILE}", "utf8") };
let input = ""; process.stdin.setEncoding("utf8").on("data", (d) => (input += d)).on("end", async () => {
  const least = Number(process.argv[1]), requests = JSON.parse(input); const statuses = {}; let next = 0; const bad = [];
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
  const send = (r) => new Promise((resolve) => {
    let outgoing;
    try {
      outgoing = http.request({ socketPath: "/run/guest-services/backend.sock", agent, method: r.method, path: r.path, headers: { ...own, ...r.headers }, timeout: 20000 }, (a) => {
        let body = ""; a.setEncoding("utf8").on("data", (d) => (body += d)).on("end", () => resolve({ status: a.statusCode, body }));
      });
    } catch { return resolve({ status: "unsendable", body: "" }); }
    outgoing.on("error", (e) => resolve({ status: e.code ?? "error", body: "" })).on("timeout", () => outgoing.destroy());
    outgoing.end(r.body);
  });
  const worker = async () => { while (next < requests.length) { const r = requests[next++]; const a = await send(r);
    statuses[a.status] = (statuses[a.status] ?? 0) + 1;
    let code; try { code = JSON.parse(a.body).error.code; } catch {}
    if (typeof a.status === "number" && (a.status < least || a.status > 499 || (a.status > 399 && typeof code !== "string"))) bad.push({ ...r, status: a.status, answer: a.body.slice(0, 200) }); } };
  await Promise.all(Array.from({ length: 8 }, worker));
  console.log(JSON.stringify({ statuses, bad: bad.slice(0, 5), badCount: bad.length }));
});`;

const REQUESTS = 10_000;
/** Requests generated from the contract's own schemas. */
const FROM_CONTRACT = 4_000;
const HOSTILE = 240;
/** Reproduces the same requests: `FUZZ_SEED=… npm test -- fuzz`. */
const SEED = process.env.FUZZ_SEED ? Number(process.env.FUZZ_SEED) : randomInt(2 ** 31);

/** Generated before the bed opens, because it blocks the process for seconds. */
const requests = [
  ...fc.sample(malformed(), { seed: SEED, numRuns: REQUESTS - FROM_CONTRACT }),
  ...fc.sample(againstContract(), { seed: SEED, numRuns: FROM_CONTRACT }),
];

const Result = z.object({
  statuses: z.record(z.string(), z.int()),
  bad: z.array(z.unknown()),
  badCount: z.int(),
});

describe(`malformed requests, with the seed ${SEED}`, () => {
  let bed: Bed;
  let address: string;
  let pid: number;

  beforeAll(async () => {
    bed = await openBed();
    await bed.login();
    await bed.samples.start({ name: "app", http: 8080 });
    address = await liveAddress(bed, "name:app", await bed.api.putShare("name:app"));
    [pid = 0] = await bed.desktop.backend.pidsOf("node");
  });
  afterAll(async () => await bed?.close());

  async function send(requests: readonly PreparedRequest[], least: number): Promise<z.infer<typeof Result>> {
    const program = ["node", "-e", SENDER, String(least)];
    const { stdout } = await bed.engine.tryDocker(
      ["exec", "-i", bed.desktop.backend.containerId, ...program],
      { input: JSON.stringify(requests), timeoutMs: 110_000 },
    );
    return Result.parse(JSON.parse(stdout));
  }

  async function processes() {
    const { backend } = bed.desktop;
    return { pids: await backend.pidsOf("node"), restarts: await backend.startCount() };
  }

  /** Allows some growth that the first crowd of requests leaves behind once. */
  async function hasNotGrown(before: ProcessFigures): Promise<void> {
    await expect
      .poll(async () => (await figuresOf(pid)).descriptors, { timeout: 20_000 })
      .toBeLessThanOrEqual(before.descriptors + 8);
    // Garbage stays until enough is allocated again, so each try asks for some more; what leaked would stay.
    const memory = async (): Promise<number> => {
      await bed.api.snapshot();
      return (await figuresOf(pid)).memory;
    };
    await expect.poll(memory, { timeout: 20_000 }).toBeLessThan(before.memory + 64 * 1024 * 1024);
  }

  async function state() {
    const { backend } = bed.desktop;
    const read =
      "const f=require('fs');for(const n of f.readdirSync('/var/lib/tailnet-share').sort())if(n.endsWith('.json'))console.log(n,f.readFileSync('/var/lib/tailnet-share/'+n,'utf8'))";
    const rules = (await backend.exec(["nft", "--stateless", "list", "table", "inet", "tailnet_share"]))
      .stdout;
    return {
      files: (await backend.exec(["node", "-e", read])).stdout,
      rules,
      ...(await processes()),
    };
  }

  it(`${REQUESTS} of them are refused with a code, and leave the process, the store and the ruleset as they were [S085]`, async () => {
    const before = await state();
    expect(before.files).toContain("name:app");
    expect(before.rules).toContain("8080");
    const figures = await figuresOf(pid);
    expect(untried(requests), "routes of the contract that no request is for").toEqual([]);
    const result = await send(requests, 400);
    expect(result.bad, JSON.stringify(result.statuses)).toEqual([]);
    expect(Object.values(result.statuses).reduce((sum, count) => sum + count, 0)).toBe(REQUESTS);
    expect(await state()).toEqual(before);
    await hasNotGrown(figures);
    await reaches(bed.peer, address, "app says hello");
  });

  it(`${HOSTILE} valid but hostile requests crash nothing, fill nothing, and can be undone [S086]`, async () => {
    const backup = Backup.parse(await bed.api.raw({ method: "POST", url: "/backup", data: {} }));
    const before = { ...(await figuresOf(pid)), ...(await processes()) };
    const result = await send(fc.sample(hostile(backup), { seed: SEED, numRuns: HOSTILE }), 200);
    expect(result.bad, JSON.stringify(result.statuses)).toEqual([]);
    expect(result.statuses["200"], JSON.stringify(result.statuses)).toBeGreaterThan(HOSTILE / 10);
    expect(await processes()).toEqual({ pids: before.pids, restarts: before.restarts });
    await hasNotGrown(before);
    Snapshot.parse(await bed.api.raw({ method: "POST", url: "/restore", data: { backup } }));
    const { workloads } = await bed.api.snapshot();
    expect(workloads.flatMap(({ id, share }) => (share === null ? [] : [id]))).toEqual(["name:app"]);
    await reaches(bed.peer, address, "app says hello", 30_000);
  });

  it("answers a request that is not HTTP with the same error shape", async () => {
    const raw = `const s=require("net").connect("/run/guest-services/backend.sock");s.write("\\x16\\x03 nonsense\\r\\n\\r\\n");s.setEncoding("utf8").on("data",d=>console.log(d)).on("end",()=>process.exit())`;
    const { stdout } = await bed.desktop.backend.exec(["node", "-e", raw]);
    expect(stdout).toContain("400 Bad Request");
    expect(stdout).toContain('"code":"BAD_REQUEST"');
    await reaches(bed.peer, address, "app says hello");
  });
});

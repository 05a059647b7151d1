import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../src/bed.ts";
import { malformed, untried } from "./fixtures/malformed.ts";
import { openBed } from "./fixtures/open-bed.ts";
import { liveAddress, reaches } from "./fixtures/visits.ts";

/** Sends prepared requests to the socket inside the backend's container, eight at a time, and prints each status. */
const SENDER = `
const http = require("node:http");
let input = ""; process.stdin.setEncoding("utf8").on("data", (d) => (input += d)).on("end", async () => {
  const requests = JSON.parse(input); const statuses = {}; let next = 0; const bad = [];
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
  const send = (r) => new Promise((resolve) => {
    let outgoing;
    try {
      outgoing = http.request({ socketPath: "/run/guest-services/backend.sock", agent, method: r.method, path: r.path, headers: r.headers, timeout: 20000 }, (a) => {
        let body = ""; a.setEncoding("utf8").on("data", (d) => (body += d)).on("end", () => resolve({ status: a.statusCode, body }));
      });
    } catch { return resolve({ status: "unsendable", body: "" }); }
    outgoing.on("error", (e) => resolve({ status: e.code ?? "error", body: "" })).on("timeout", () => outgoing.destroy());
    outgoing.end(r.body);
  });
  const worker = async () => { while (next < requests.length) { const r = requests[next++]; const a = await send(r);
    statuses[a.status] = (statuses[a.status] ?? 0) + 1;
    let code; try { code = JSON.parse(a.body).error.code; } catch {}
    if (typeof a.status === "number" && (a.status < 400 || a.status > 499 || typeof code !== "string")) bad.push({ ...r, status: a.status, answer: a.body.slice(0, 200) }); } };
  await Promise.all(Array.from({ length: 8 }, worker));
  console.log(JSON.stringify({ statuses, bad: bad.slice(0, 5), badCount: bad.length }));
});`;

const REQUESTS = 10_000;
const SEED = 20_261_122;

describe("malformed requests", () => {
  let bed: Bed;
  let address: string;

  beforeAll(async () => {
    bed = await openBed();
    await bed.login();
    await bed.samples.start({ name: "app", http: 8080 });
    address = await liveAddress(bed, "name:app", await bed.api.putShare("name:app"));
  });
  afterAll(async () => await bed?.close());

  async function state() {
    const { backend } = bed.desktop;
    const read =
      "const f=require('fs');for(const n of f.readdirSync('/var/lib/tailnet-share').sort())if(n.endsWith('.json'))console.log(n,f.readFileSync('/var/lib/tailnet-share/'+n,'utf8'))";
    const rules = (await backend.exec(["nft", "--stateless", "list", "table", "inet", "tailnet_share"]))
      .stdout;
    return {
      files: (await backend.exec(["node", "-e", read])).stdout,
      rules,
      pids: await backend.pidsOf("node"),
      restarts: await backend.startCount(),
    };
  }

  it(`${REQUESTS} of them are refused with a code, and leave the process, the store and the ruleset as they were`, async () => {
    const before = await state();
    expect(before.files).toContain("name:app");
    expect(before.rules).toContain("8080");
    const requests = fc.sample(malformed(), { numRuns: REQUESTS, seed: SEED });
    expect(untried(requests), "routes of the contract that no request is for").toEqual([]);
    const { stdout } = await bed.engine.tryDocker(
      ["exec", "-i", bed.desktop.backend.containerId, "node", "-e", SENDER],
      {
        input: JSON.stringify(requests),
        timeoutMs: 110_000,
      },
    );
    const result = JSON.parse(stdout) as {
      statuses: Record<string, number>;
      bad: unknown[];
      badCount: number;
    };
    expect(result.bad, JSON.stringify(result.statuses)).toEqual([]);
    expect(Object.values(result.statuses).reduce((sum, count) => sum + count, 0)).toBe(REQUESTS);
    expect(await state()).toEqual(before);
    await reaches(bed.peer, address, "app says hello");
  });

  it("what is no HTTP at all is refused in the same shape", async () => {
    const raw = `const s=require("net").connect("/run/guest-services/backend.sock");s.write("\\x16\\x03 nonsense\\r\\n\\r\\n");s.setEncoding("utf8").on("data",d=>console.log(d)).on("end",()=>process.exit())`;
    const { stdout } = await bed.desktop.backend.exec(["node", "-e", raw]);
    expect(stdout).toContain("400 Bad Request");
    expect(stdout).toContain('"code":"BAD_REQUEST"');
    await reaches(bed.peer, address, "app says hello");
  });
});

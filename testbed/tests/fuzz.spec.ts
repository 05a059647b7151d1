import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bed } from "../src/bed.ts";
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

/** Requests that the contract does not allow, in every way that a client can get one wrong. */
function malformed() {
  const text = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.constantFrom("../..", "\u202e", "a".repeat(700), "null", "%00"),
  );
  const workload = fc.oneof(fc.constant("name:app"), fc.constant("compose:a/b/1"));
  const notAWorkload = text.filter((value) => !/^(compose:[^/\s]+\/[^/\s]+\/\d+|name:[^/\s]+)$/.test(value));
  const json = (value: fc.Arbitrary<unknown>) => value.map((body) => JSON.stringify(body) ?? "{");
  const wrongPort = fc.oneof(
    fc.integer({ max: 0 }),
    fc.integer({ min: 65_536 }),
    fc.double({ noInteger: true }),
    text,
    fc.constant(null),
  );
  const wrongShare = fc.oneof(
    wrongPort.map((port) => ({ ports: [{ port, protocol: "tcp" }] })),
    text.filter((t) => t !== "tcp" && t !== "udp").map((protocol) => ({ ports: [{ port: 80, protocol }] })),
    fc.constant({ ports: [] }),
    text.filter((t) => t !== "node").map((mode) => ({ mode })),
    text.filter((key) => !["ports", "mode", "__proto__"].includes(key)).map((key) => ({ [key]: 1 })),
    fc.constantFrom([], 1, "x", true),
  );
  const wrongLogin = fc.oneof(
    fc.constantFrom(
      { authKey: "" },
      { authKey: "has spaces in it" },
      { authKey: 7 },
      { controlUrl: "ftp://x" },
      { controlUrl: "no url" },
    ),
    text
      .filter((name) => !/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name))
      .map((hostname) => ({ hostname })),
    fc.constantFrom({ fresh: "yes" }, { anotherAccount: 1 }, { other: 1 }, [], 3),
  );
  const wrongNode = fc.oneof(
    fc.constantFrom(
      {},
      { connected: "no" },
      { account: "" },
      { account: "../x" },
      { account: "nobody" },
      [],
      0,
    ),
    text.map((x) => ({ [`x${x}`]: x })),
  );
  const headers = { "content-type": "application/json" };
  const path = (value: string) => `/shares/${encodeURIComponent(value)}`;
  const safe = (value: string) => value.toWellFormed();
  return fc.oneof(
    fc
      .tuple(workload, json(wrongShare))
      .map(([id, body]) => ({ method: "PUT", path: path(id), headers, body })),
    notAWorkload.map((id) => ({ method: "PUT", path: path(safe(id)), headers, body: "{}" })),
    notAWorkload.map((id) => ({ method: "DELETE", path: path(safe(id)), headers: {}, body: "" })),
    json(wrongLogin).map((body) => ({ method: "POST", path: "/login", headers, body })),
    json(wrongNode).map((body) => ({ method: "PATCH", path: "/node", headers, body })),
    json(wrongLogin).map((body) => ({ method: "PATCH", path: "/settings", headers, body })),
    fc
      .tuple(
        fc.constantFrom("/login", "/node", "/settings", path("name:app")),
        fc.constantFrom("{", '{"a":', "[1", "\u0000", "nul", '{"__proto__":{"a":1}}'),
      )
      .map(([where, body]) => ({
        method: where === "/login" ? "POST" : where.startsWith("/shares") ? "PUT" : "PATCH",
        path: where,
        headers,
        body,
      })),
    fc.constant({
      method: "PUT",
      path: path("name:app"),
      headers,
      body: `{"ports":[${'{"port":80,"protocol":"tcp"},'.repeat(4_000)}{"port":80,"protocol":"tcp"}]}`,
    }),
    fc
      .tuple(fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"), text)
      .map(([method, t]) => ({ method, path: `/x/${encodeURIComponent(safe(t))}`, headers: {}, body: "" })),
    fc.constantFrom("text/plain", "application/xml", "multipart/form-data", "x").map((type) => ({
      method: "PUT",
      path: path("name:app"),
      headers: { "content-type": type },
      body: "a=b",
    })),
    text.map((t) => ({
      method: "GET",
      path: `/snapshot?${encodeURIComponent(safe(`q${t}`))}=1`,
      headers: {},
      body: "",
    })),
  );
}

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

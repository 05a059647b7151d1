import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { kernelFlows } from "./kernel-flows.ts";

const MOST = 1_000_000;
const FLOW = "tcp      6 431999 ESTABLISHED src=100.64.0.2 dst=100.64.0.1 sport=1 dport=2 mark=2\n";
const folder = mkdtempSync(join(tmpdir(), "flows-"));
afterAll(() => rmSync(folder, { recursive: true }));

test.each([0, 1, 2, 2_000])("lists %i flows of the kernel as conntrack does", async (count) => {
  const file = join(folder, "nf_conntrack");
  writeFileSync(file, `ipv4     2 ${FLOW}`.repeat(count));
  expect(await kernelFlows(MOST, file)).toBe(FLOW.repeat(count));
});

test("leaves a list that is too long, or missing, to conntrack", async () => {
  const file = join(folder, "nf_conntrack");
  writeFileSync(file, "x".repeat(MOST + 1));
  expect(await kernelFlows(MOST, file)).toBeNull();
  expect(await kernelFlows(MOST, join(folder, "missing"))).toBeNull();
});

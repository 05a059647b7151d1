import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { kernelFlows } from "./kernel-flows.ts";

const MOST = 1_000_000;
const FLOW = "tcp      6 431999 ESTABLISHED src=100.64.0.2 dst=100.64.0.1 sport=1 dport=2 mark=2\n";
const folder = mkdtempSync(join(tmpdir(), "flows-"));
afterAll(() => rmSync(folder, { recursive: true }));

test.each([0, 1, 2, 5_000])("reads a list of %i flows", (count) => {
  const file = join(folder, "nf_conntrack");
  writeFileSync(file, `ipv4     2 ${FLOW}`.repeat(count));
  expect(kernelFlows(MOST, file, () => 0)).toBe(`ipv4     2 ${FLOW}`.repeat(count));
});

test("leaves a list that is too long, missing, or slow to read to conntrack", () => {
  const file = join(folder, "nf_conntrack");
  writeFileSync(file, "x".repeat(MOST + 1));
  expect(kernelFlows(MOST, file, () => 0)).toBeNull();
  expect(kernelFlows(MOST, join(folder, "missing"))).toBeNull();
  writeFileSync(file, `ipv4     2 ${FLOW}`.repeat(5_000));
  let ms = 0;
  const slow = () => {
    ms += 10;
    return ms;
  };
  expect(kernelFlows(MOST, file, slow)).toBeNull();
});

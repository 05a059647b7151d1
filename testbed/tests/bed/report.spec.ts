import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Count, vitest } from "../../src/lib/vitest.ts";

const SPEC = `
describe("with a bed", () => {
  beforeAll(() => { throw new Error("the bed is not there"); });
  it("never runs", () => {});
});
describe("with another bed", () => {
  describe("inside", () => {
    afterAll(() => { throw new Error("the bed stays"); });
    it("passes", () => {});
  });
});
`;
const WITHOUT_DESCRIBE = `
beforeAll(() => { throw new Error("the engine is not there"); });
it("never runs", () => {});
`;

let folder: string;
let count: Count;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tailnet-share-report-"));
  const config = join(folder, "vitest.config.mjs");
  await writeFile(config, `export default { test: { root: "${folder}", globals: true } };`);
  await writeFile(join(folder, "fails-on-purpose.spec.mjs"), SPEC);
  await writeFile(join(folder, "fails-on-purpose-too.spec.mjs"), WITHOUT_DESCRIBE);
  count = await vitest(config, [], new AbortController().signal);
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

it("reports a failing beforeAll or afterAll with its reason in the last lines of a run", () => {
  expect(count.failures.toSorted()).toEqual([
    "fails-on-purpose-too.spec.mjs: as a whole: the engine is not there",
    "fails-on-purpose.spec.mjs: with a bed: the bed is not there",
    "fails-on-purpose.spec.mjs: with another bed > inside: the bed stays",
  ]);
  expect(count.passed).toBe(1);
});

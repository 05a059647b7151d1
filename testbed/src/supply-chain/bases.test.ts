import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { attestationProblems } from "../../../packaging/attestations.ts";
import { baseProblems, basesOf, byDigest } from "../../../packaging/bases.ts";
import { releaseProblems } from "../../../packaging/release.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const DOCKERFILE = readFileSync(`${ROOT}Dockerfile`, "utf8");
const [ONE, OTHER] = ["1".repeat(64), "2".repeat(64)];
const PINNED = {
  NODE_IMAGE: `node:24.21.0-bookworm-slim@sha256:${ONE}`,
  TAILSCALE_IMAGE: `mirror.test:5000/tailscale/tailscale:v1.102.3@sha256:${OTHER}`,
};

const argument = (name: string, otherwise: string) => `$\{${name}:-${otherwise}}`;

test("the base images are in the Dockerfile, where update checks read them, and nowhere else [S137]", () => {
  const { NODE_IMAGE, TAILSCALE_IMAGE } = basesOf(DOCKERFILE);
  expect(NODE_IMAGE).toMatch(/^node:\d+\.\d+\.\d+-bookworm-slim$/);
  expect(TAILSCALE_IMAGE).toMatch(/^tailscale\/tailscale:v\d+\.\d+\.\d+$/);
  const named = [...DOCKERFILE.matchAll(/^FROM (?:--platform=\S+ )?(\S+)/gm)].map(([, base]) => base);
  expect(named).toEqual([
    ...[NODE_IMAGE, NODE_IMAGE, TAILSCALE_IMAGE],
    ...[argument("NODE_IMAGE", "native-node-base"), argument("TAILSCALE_IMAGE", "tailscale-base")],
    argument("NODE_IMAGE", "node-base"),
    ...["build", "scratch"],
  ]);
  const hidden = `ARG NODE_IMAGE=node:24\nFROM ${argument("NODE_IMAGE", "node")} AS node-base`;
  expect(() => basesOf(hidden)).toThrow("node-base");
});

test("a release names both base images by digest, and asks the registry for a missing digest", async () => {
  const asked: string[] = [];
  const resolved = await byDigest({ ...PINNED, NODE_IMAGE: "node:24.21.0-bookworm-slim" }, (image) => {
    asked.push(image);
    return `sha256:${ONE}\n`;
  });
  expect(resolved).toEqual(PINNED);
  expect(asked).toEqual(["node:24.21.0-bookworm-slim"]);
  await expect(byDigest(basesOf(DOCKERFILE), () => "<no value>")).rejects.toThrow("NODE_IMAGE");
});

test.each([
  ["a base by tag alone", { ...PINNED, NODE_IMAGE: "node:24.21.0-bookworm-slim" }, ["NODE_IMAGE"]],
  ["a digest without a tag", { ...PINNED, NODE_IMAGE: `node@sha256:${ONE}` }, ["NODE_IMAGE"]],
  ["half a digest", { ...PINNED, TAILSCALE_IMAGE: "tailscale/tailscale:v1@sha256:12" }, ["TAILSCALE_IMAGE"]],
  ["nothing said of bases", {}, ["NODE_IMAGE", "TAILSCALE_IMAGE"]],
])("a release is refused with %s [S133]", (_what, bases, named) => {
  const problems = baseProblems(bases);
  expect(problems.map((problem) => problem.split(" ")[0])).toEqual(named);
  const versions = { "package.json": "1.2.0" };
  expect(releaseProblems("v1.2.0", versions, "## [1.2.0] - 2026-11-23\n- x\n", bases)).toEqual(problems);
});

test("accepts a release whose base images are both named by digest", () => {
  expect(baseProblems(PINNED)).toEqual([]);
});

test("a pushed image has its provenance, with its base images, and a bill of materials for each platform [S135]", () => {
  const platforms = ["linux/amd64", "linux/arm64"];
  const bases = Object.values(PINNED);
  const SLSA = { materials: [ONE, OTHER].map((sha256) => ({ uri: "pkg:docker/x", digest: { sha256 } })) };
  const SPDX = { packages: [{ name: "nftables" }] };
  const whole = {
    Provenance: { "linux/amd64": { SLSA }, "linux/arm64": { SLSA } },
    SBOM: { "linux/amd64": { SPDX }, "linux/arm64": { SPDX } },
  };
  const problems = (inspected: Parameters<typeof attestationProblems>[0]) =>
    attestationProblems(inspected, platforms, bases);
  expect(problems(whole)).toEqual([]);
  expect(problems({})).toEqual(
    platforms.flatMap((platform) => [
      `${platform} has no provenance`,
      `${platform} has no bill of materials`,
    ]),
  );
  expect(problems({ ...whole, SBOM: { ...whole.SBOM, "linux/arm64": { SPDX: { packages: [] } } } })).toEqual([
    "linux/arm64 has no bill of materials",
  ]);
  const otherBase = { SLSA: { materials: SLSA.materials.slice(0, 1) } };
  expect(problems({ ...whole, Provenance: { ...whole.Provenance, "linux/amd64": otherBase } })).toEqual([
    `linux/amd64 was not made from ${PINNED.TAILSCALE_IMAGE}`,
  ]);
  expect(() => attestationProblems(whole, platforms, ["node:24"])).toThrow("not named by digest");
});

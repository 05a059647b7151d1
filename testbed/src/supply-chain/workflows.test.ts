import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const read = (path: string) => readFileSync(ROOT + path, "utf8");

const Step = z.looseObject({
  uses: z.string().optional(),
  run: z.string().optional(),
  with: z.record(z.string(), z.unknown()).default({}),
});
const Workflow = z.looseObject({
  permissions: z.strictObject({ contents: z.literal("read") }),
  jobs: z.record(
    z.string(),
    z.looseObject({
      uses: z.string().optional(),
      needs: z.array(z.string()).default([]),
      permissions: z.record(z.string(), z.string()).default({}),
      "timeout-minutes": z.number().optional(),
      steps: z.array(Step).default([]),
    }),
  ),
});

const files = readdirSync(`${ROOT}.github/workflows`);
const workflow = (name: string) => Workflow.parse(parse(read(`.github/workflows/${name}`)));
const stepsOf = (name: string) => Object.values(workflow(name).jobs).flatMap(({ steps }) => steps);

test("workflows exist for tests, for long ones and for releases, and each may only read unless a job says otherwise", () => {
  expect(files.sort()).toEqual(["long.yml", "release.yml", "test.yml"]);
  for (const file of files) {
    for (const job of Object.values(workflow(file).jobs)) {
      if (job.uses === undefined) expect(job["timeout-minutes"]).toBeGreaterThan(0);
    }
  }
  const { jobs } = workflow("release.yml");
  const writers = Object.entries(jobs).filter(([, { permissions }]) =>
    Object.values(permissions).includes("write"),
  );
  expect(writers.map(([name]) => name)).toEqual(["image", "notes"]);
});

test.each(files)("%s names npm scripts and files that exist", (file) => {
  const { scripts } = z
    .object({ scripts: z.record(z.string(), z.string()) })
    .parse(JSON.parse(read("package.json")));
  const commands = stepsOf(file).flatMap(({ run }) => run ?? []);
  expect(commands.length).toBeGreaterThan(0);
  for (const command of commands) {
    for (const [, script = ""] of command.matchAll(/npm run ([\w:-]+)/g))
      expect(scripts).toHaveProperty(script);
    if (/npm test/.test(command)) expect(scripts).toHaveProperty("test");
    for (const [, path = ""] of command.matchAll(/node (\S+\.(?:ts|mjs))/g))
      expect(existsSync(ROOT + path), path).toBe(true);
  }
  for (const { uses } of Object.values(workflow(file).jobs))
    if (uses?.startsWith("./")) expect(existsSync(ROOT + uses), uses).toBe(true);
});

test.each(files)("%s pins others' actions by commit, with the version in a comment", (file) => {
  const used = read(`.github/workflows/${file}`)
    .split("\n")
    .filter((line) => /^\s*(?:- )?uses: [^.]/.test(line));
  expect(used.length).toBeGreaterThan(0);
  for (const line of used) expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});

test.each(files)("%s puts no text from others into a shell script", (file) => {
  for (const { run = "" } of stepsOf(file)) expect(run).not.toContain("$" + "{{");
});

test("packages are installed from the lockfile and from nothing else [S124]", () => {
  const paths = ["Dockerfile", "testbed/bootstrap.mjs", ...files.map((file) => `.github/workflows/${file}`)];
  for (const path of paths) {
    expect(read(path), path).not.toMatch(/npm (install|i|add|update)\b/);
  }
  expect(read("Dockerfile")).toContain("npm ci --workspace contract --workspace backend --workspace ui");
});

test("every package is pinned to one version [S125]", () => {
  for (const path of ["", "contract/", "backend/", "ui/", "testbed/"]) {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(read(`${path}package.json`)) as Record<
      string,
      Record<string, string>
    >;
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies }))
      expect(version, name).toMatch(/^(npm:@?[a-z/-]+@)?\d+\.\d+\.\d+$/);
  }
});

test("a release waits for its check, its audit and all tests, and has two platforms, provenance and a bill of materials [S131]", () => {
  const { jobs } = workflow("release.yml");
  expect(jobs.image?.needs).toEqual(["check", "test"]);
  expect(jobs.notes?.needs).toContain("image");
  expect(jobs.test?.uses).toBe("./.github/workflows/test.yml");
  const runs = jobs.check?.steps.map(({ run }) => run);
  expect(runs).toContain("npm audit --omit=dev");
  expect(runs?.some((run) => run?.startsWith("node packaging/check-release.ts"))).toBe(true);
  const build = jobs.image?.steps.find(({ uses }) => uses?.startsWith("docker/build-push-action@"));
  expect(build?.with).toMatchObject({
    platforms: "linux/amd64,linux/arm64",
    provenance: "mode=max",
    sbom: true,
    push: true,
  });
});

test("a release names its base images by digest, and verifies the attestations of what it has pushed [S134]", () => {
  const { jobs } = workflow("release.yml");
  const runs = jobs.check?.steps.map(({ run = "" }) => run) ?? [];
  const resolves = runs.findIndex((run) => run.startsWith("node packaging/resolve-bases.ts"));
  const checks = runs.findIndex((run) => run.startsWith("node packaging/check-release.ts"));
  expect(resolves).toBeGreaterThan(0);
  expect(checks).toBeGreaterThan(resolves);
  const steps = jobs.image?.steps ?? [];
  const build = steps.findIndex(({ uses }) => uses?.startsWith("docker/build-push-action@"));
  const names = String(steps[build]?.with["build-args"]);
  for (const [argument, output] of [
    ["NODE_IMAGE", "node_image"],
    ["TAILSCALE_IMAGE", "tailscale_image"],
  ])
    expect(names).toContain(`${argument}=$\{{ needs.check.outputs.${output} }}`);
  const verifies = steps.findIndex(({ run }) => run?.includes("node packaging/check-attestations.ts"));
  expect(verifies).toBeGreaterThan(build);
  expect(steps[verifies]?.run).toContain("linux/amd64 linux/arm64");
});

test("every change is built for both platforms, and the long runs are scheduled", () => {
  const build = stepsOf("test.yml").find(({ uses }) => uses?.startsWith("docker/build-push-action@"));
  expect(build?.with).toMatchObject({ platforms: "linux/amd64,linux/arm64", push: false });
  const runs = stepsOf("long.yml").map(({ run = "" }) => run);
  for (const script of ["npm run test:engines", "npm run torture"])
    expect(runs.some((run) => run.endsWith(script))).toBe(true);
  const { on } = parse(read(".github/workflows/long.yml")) as { on: Record<string, unknown> };
  expect(on.schedule).toEqual([{ cron: expect.any(String) }]);
});

test("updates are checked everywhere, except for React 18 and MUI 6, which Docker's theme needs [S136]", () => {
  const Ignored = z.object({
    "dependency-name": z.string(),
    "update-types": z.array(z.string()).default([]),
  });
  const Updates = z.object({
    updates: z.array(z.object({ "package-ecosystem": z.string(), ignore: z.array(Ignored).default([]) })),
  });
  const { updates } = Updates.parse(parse(read(".github/dependabot.yml")));
  expect(updates.map((update) => update["package-ecosystem"])).toEqual(["npm", "github-actions", "docker"]);
  const held = updates[0]?.ignore
    .filter((ignored) => ignored["update-types"].includes("version-update:semver-major"))
    .map((ignored) => ignored["dependency-name"]);
  expect(held).toEqual(["react", "react-dom", "@types/react", "@types/react-dom", "@mui/*"]);
  // The last version that contains the theme.
  const kept = updates[0]?.ignore.filter((ignored) => ignored["update-types"].length === 0);
  expect(kept).toMatchObject([{ "dependency-name": "docker-desktop-theme" }]);
  const ui = JSON.parse(read("ui/package.json")) as { dependencies: Record<string, string> };
  expect(ui.dependencies.react).toMatch(/^18\./);
  expect(ui.dependencies["@mui/material"]).toMatch(/^6\./);
});

// Usage: node packaging/check-release.ts TAG
// Ends with 1 and the reasons where this tag cannot be released, or NODE_IMAGE and TAILSCALE_IMAGE do not name the bases by digest;
// else prints `version=<version>`.
import { readFileSync } from "node:fs";
import { releaseProblems } from "./release.ts";

const tag = process.argv[2] ?? "";
const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const packages = ["package.json", "contract/package.json", "backend/package.json", "ui/package.json"];
const versions = Object.fromEntries([
  ...packages.map((path) => [path, (JSON.parse(read(path)) as { version: string }).version]),
  [
    "packaging/linux/compose.yaml",
    /:-tailnet-share:([^}]+)\}/.exec(read("packaging/linux/compose.yaml"))?.[1] ?? "nothing",
  ],
  ["Dockerfile", /^ARG VERSION=(.*)$/m.exec(read("Dockerfile"))?.[1] ?? "nothing"],
]);
const problems = releaseProblems(tag, versions, read("CHANGELOG.md"), process.env);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`version=${tag.slice(1)}`);

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { textsIn } from "../../../ui/src/testing/texts-in.ts";
import { testFiles, titlesIn } from "./security-tests.ts";
import { UNWANTED, UNWANTED_TITLE } from "./unwanted-words.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const DOCUMENTS = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs"];
const SOURCES = ["ui/src", "ui/index.html", "backend/src", "contract/src", "metadata.json"];

function filesIn(paths: readonly string[], form: RegExp): string[] {
  return execFileSync("git", ["ls-files", ...paths], { cwd: ROOT, encoding: "utf8" })
    .split("\n")
    .filter((file) => form.test(file) && !/\.(?:test|testing)\.|\/(?:testing|gallery|fixtures)\//.test(file));
}

const found = (file: string, texts: readonly string[]): string[] =>
  texts.flatMap((text) =>
    UNWANTED.filter(({ phrase }) => phrase.test(text)).map(
      ({ instead }) => `${file}: ${text.trim().replaceAll(/\s+/g, " ").slice(0, 200)} (write: ${instead})`,
    ),
  );

it("documents for users have none of the unwanted phrases", () => {
  const files = filesIn(DOCUMENTS, /\.md$/);
  expect(files.length).toBeGreaterThan(6);
  expect(files.flatMap((file) => found(file, readFileSync(ROOT + file, "utf8").split("\n")))).toEqual([]);
});

it("the panel's texts, messages, hints and log lines have none of the unwanted phrases", () => {
  const files = filesIn(SOURCES, /\.(?:tsx?|html|json)$/);
  expect(files.length).toBeGreaterThan(250);
  expect(files.flatMap((file) => found(file, textsIn(readFileSync(ROOT + file, "utf8"))))).toEqual([]);
});

/** Names of programs around the product that not every user has. */
const HOST = /\b[Tt]he extension\b|Docker Desktop|Rancher Desktop|Podman Desktop|OrbStack|Colima/;
/** Files that know the platform, or whose texts are a list of platforms. */
const KNOW_THE_PLATFORM = ["backend/src/mounts/missing.ts", "backend/src/mounts/platforms.ts"];
/** A documented remedy may name a host as an example, beside the way for those who have none. */
const BESIDE =
  /such as Docker Desktop, or |Docker Desktop's sidebar, or |opened outside Docker Desktop, and /;

it("messages and hints of the backend are true in every host: none names one that may not be there", () => {
  const files = filesIn(["backend/src", "contract/src"], /\.ts$/).filter(
    (file) => !KNOW_THE_PLATFORM.includes(file),
  );
  expect(files.length).toBeGreaterThan(200);
  const named = files.flatMap((file) =>
    textsIn(readFileSync(ROOT + file, "utf8")).filter((text) => HOST.test(text) && !BESIDE.test(text)),
  );
  expect(named).toEqual([]);
});

/** An engine's name, where the engine may be another one. */
const ENGINE =
  /Docker [Ee]ngine(?! \d)|\bDocker (?:is|runs|isn't|hasn't)\b|Podman (?:is|runs|isn't|hasn't)\b/;
/** `engineName` and the list of platforms. */
const KNOW_THE_ENGINE = ["contract/src/engine-name.ts", "backend/src/mounts/platforms.ts"];

it("messages and the panel name an engine by 'engineName' alone, so that none names Docker Engine on Podman", () => {
  const files = filesIn(["backend/src", "contract/src", "ui/src"], /\.tsx?$/).filter(
    (file) => !KNOW_THE_ENGINE.includes(file),
  );
  const named = files.flatMap((file) =>
    textsIn(readFileSync(ROOT + file, "utf8"))
      .filter((text) => ENGINE.test(text))
      .map((text) => `${file}: ${text}`),
  );
  expect(named).toEqual([]);
});

it("test titles stand alone: none begins as the rest of another sentence", () => {
  const titles = testFiles(ROOT).flatMap((file) =>
    titlesIn(readFileSync(ROOT + file, "utf8")).map((title) => `${file}: ${title}`),
  );
  expect(titles.length).toBeGreaterThan(1_000);
  expect(titles.filter((title) => UNWANTED_TITLE.test(title))).toEqual([]);
});

it("finds a phrase in a string, a template, an element and a document, and not in a comment", () => {
  const source = `// made anew\n/* mends it */ const a = "starts anew"; const b = \`\${c} mends it\`; <p>goes on by itself</p>`;
  expect(found("a.tsx", textsIn(source))).toHaveLength(3);
  expect(found("a.md", ["It is told of here."])).toHaveLength(1);
});

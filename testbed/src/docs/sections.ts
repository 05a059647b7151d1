import { fileURLToPath } from "node:url";
import { API, type Route } from "@tailnet-share/contract/api";
import { ERROR_DOCS } from "@tailnet-share/contract/error-docs";
import { ENGINE_RIGHTS } from "../../../backend/src/engine/rights.ts";
import { type Use, VARIABLES } from "../../../backend/src/first-start/variables.ts";
import { PLATFORMS } from "../../../backend/src/mounts/platforms.ts";
import { createMeter } from "../../../backend/src/operations/metrics/meter.ts";
import { metricFamilies } from "../../../backend/src/operations/metrics/metrics.ts";
import { snapshotWith } from "../../../backend/src/operations/snapshot.testing.ts";

import { importWords } from "../supply-chain/folder-rules.ts";
import { FOLDER_RULES } from "../supply-chain/folders.ts";
import { securityTests } from "../supply-chain/security-tests.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** A part of a document that is generated from the code's tables. */
export interface Section {
  /** Relative to the repository's root. */
  readonly file: string;
  readonly name: string;
  /** Returns Markdown with a final line break. */
  make(): string;
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
  return [line(columns), line(columns.map(() => "---")), ...rows.map(line)].join("");
}

const code = (text: string) => `\`${text}\``;

const USES: Readonly<Record<Use["kind"], string>> = {
  read: "used",
  ignored: "no effect",
  refused: "refused",
};

function wordsFor(use: Use): string {
  switch (use.kind) {
    case "read":
      return use.does;
    case "ignored": {
      const harmless = use.harmless.map((value) => code(value)).join(", ");
      return harmless === "" ? use.because : `${use.because}. No warning for ${harmless}`;
    }
    case "refused":
      return `${use.because}. ${use.instead}`;
  }
}

export const SECTIONS: readonly Section[] = [
  {
    file: "ARCHITECTURE.md",
    name: "folders",
    make: () =>
      table(
        ["folder", "what is in it", "may import"],
        FOLDER_RULES.map(({ paths, holds, mayImport }) => [
          paths.map(code).join(", "),
          holds,
          importWords(mayImport),
        ]),
      ),
  },
  {
    file: "docs/linux.md",
    name: "variables",
    make: () =>
      table(
        ["variable", "here", "what it does, or why not"],
        Object.entries<Use>(VARIABLES).map(([name, use]) => [code(name), USES[use.kind], wordsFor(use)]),
      ),
  },
  {
    file: "docs/linux.md",
    name: "sockets",
    make: () =>
      table(
        ["platform", "the engine's socket, for `DOCKER_SOCKET`"],
        PLATFORMS.map(({ name, socket }) => [name, code(socket)]),
      ),
  },
  {
    file: "docs/troubleshooting.md",
    name: "error codes",
    make: () =>
      table(
        ["code", "what it means", "what to do"],
        Object.entries(ERROR_DOCS).map(([name, { meaning, remedy }]) => [code(name), meaning, remedy]),
      ),
  },
  {
    file: "docs/api.md",
    name: "routes",
    make: () =>
      table(
        ["call", "name", "what it does"],
        Object.entries<Route>(API).map(([name, { method, path, does }]) => [
          code(`${method} ${path.replace(/\?(\w+)/, "?$1=…")}`),
          code(name),
          does,
        ]),
      ),
  },
  {
    file: "docs/api.md",
    name: "metrics",
    make: () =>
      table(
        ["metric", "type", "what it counts"],
        metricFamilies({
          meter: createMeter().read(),
          snapshot: snapshotWith(),
          process: { residentBytes: 0, heapBytes: 0, cpuSeconds: 0, startedAt: 0, openFiles: 0 },
        }).map(({ name, type, help }) => [code(name), type, help]),
      ),
  },
  {
    file: "docs/security-tests.md",
    name: "security tests",
    make: () =>
      table(
        ["ID", "test", "file"],
        securityTests(ROOT).map(({ id, file, title }) => [id, title, code(file)]),
      ),
  },
  {
    file: "SECURITY.md",
    name: "engine calls",
    make: () =>
      table(
        ["call", "for"],
        ENGINE_RIGHTS.map(({ method, path, why }) => [code(`${method} ${path}`), why]),
      ),
  },
];

/** Returns the document with this section regenerated. Throws when the document has no place for it. */
export function withSection(document: string, { file, name, make }: Section): string {
  const begin = `<!-- ${name}: made by \`npm run docs\` -->\n`;
  const end = `<!-- end of ${name} -->\n`;
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file} has no place for '${name}': add\n${begin}${end}`);
  return document.slice(0, from + begin.length) + make() + document.slice(to);
}

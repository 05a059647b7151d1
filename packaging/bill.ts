import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A part of the image, with its origin and licence. */
export interface Component {
  name: string;
  version: string;
  /** https://github.com/package-url/purl-spec */
  purl: string;
  /** The licence as an SPDX expression; empty where the package only has a text. */
  licence: string;
  /** The registry's SHA-512 of the package, in hexadecimal; empty where it has none. */
  sha512: string;
}

/** The fields that we read from package-lock.json. */
export interface Lockfile {
  packages: Record<string, { version?: string; integrity?: string; license?: string; link?: boolean }>;
}

/** Folders of the packages that some files belong to, as in `node_modules/zod`; our own sources belong to none. */
export function packageFolders(files: readonly string[]): string[] {
  const folders = files.flatMap((file) => {
    const path = file.replaceAll("\\", "/").replace(/^\0/, "").replace(/\?.*$/, "");
    // The last one: a package may have others below it.
    const end = path.lastIndexOf("node_modules/");
    if (end < 0) return [];
    const name = /^(@[^/]+\/)?[^/]+/.exec(path.slice(end + "node_modules/".length))?.[0];
    const start = path.indexOf("node_modules/");
    const above = path.slice(start, end);
    return name === undefined || name.startsWith(".") ? [] : [`${above}node_modules/${name}`];
  });
  return [...new Set(folders)].sort();
}

/** Packages as the lockfile pins them. Throws for one that it does not have: then the image is not what was locked. */
export function npmComponents(folders: readonly string[], lock: Lockfile): Component[] {
  return folders.flatMap((folder): Component[] => {
    const entry = lock.packages[folder];
    if (entry?.link === true) return [];
    if (entry?.version === undefined) throw new Error(`${folder} is in a bundle, but not in the lockfile`);
    const name = folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length);
    return [
      {
        name,
        version: entry.version,
        purl: `pkg:npm/${name.replace("@", "%40")}@${entry.version}`,
        licence: entry.license ?? "",
        sha512: hexOf(entry.integrity ?? ""),
      },
    ];
  });
}

/** Lines `name<tab>version` of Debian's packages that files in the image come from. */
export function debianComponents(table: string): Component[] {
  return rows(table).map(([name = "", version = ""]) => ({
    name,
    version,
    purl: `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?distro=bookworm`,
    licence: "",
    sha512: "",
  }));
}

const INFO_START = Buffer.from("3077af0c9274080241e1c107e6d618e6", "hex");
const INFO_END = Buffer.from("f932433186182072008242104116d8f2", "hex");

/**
 * The modules that a Go program was made of, as it says itself. Empty for a program without that.
 * Source: `runtime/debug`, `modinfo.go`; `cmd/go/internal/modload`, `ModInfoProg`.
 */
export function goComponents(program: Buffer): Component[] {
  const start = program.indexOf(INFO_START);
  const end = start < 0 ? -1 : program.indexOf(INFO_END, start);
  if (end < 0) return [];
  const lines = rows(program.subarray(start + INFO_START.length, end).toString("utf8"));
  return lines.flatMap(([kind, name, version]) =>
    (kind === "mod" || kind === "dep" || kind === "=>") && name !== undefined && version !== undefined
      ? [{ name, version, purl: `pkg:golang/${name}@${version}`, licence: "", sha512: "" }]
      : [],
  );
}

/** CycloneDX 1.6, the same bytes for the same image. Source: https://cyclonedx.org/docs/1.6/json/ */
export function billOfMaterials(version: string, components: readonly Component[]): object {
  const unique = [...new Map(components.map((component) => [component.purl, component])).values()];
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        type: "container",
        "bom-ref": "tailnet-share",
        name: "tailnet-share",
        version,
        licenses: [{ license: { id: "Apache-2.0" } }],
      },
    },
    components: unique
      .sort((a, b) => (a.purl < b.purl ? -1 : 1))
      .map(({ name, version: its, purl, licence, sha512 }) => ({
        type: "library",
        "bom-ref": purl,
        name,
        version: its,
        purl,
        ...(licence === "" ? {} : { licenses: [{ expression: licence }] }),
        ...(sha512 === "" ? {} : { hashes: [{ alg: "SHA-512", content: sha512 }] }),
      })),
  };
}

/** The licences of packages with their texts, for whoever gets the image. `textOf` answers null where a package brings none. */
export function licenceTexts(
  components: readonly Component[],
  textOf: (component: Component) => string | null,
): string {
  const parts = components.map((component) => {
    const { name, version, licence } = component;
    const text = textOf(component) ?? `This package brings no text of its licence, ${licence}.`;
    return `${name} ${version} – ${licence}\n\n${text.trim()}\n`;
  });
  return [HEADER, ...parts].join(`\n${"-".repeat(80)}\n\n`);
}

const HEADER = `Tailnet Share contains the packages below. Beside it in this image stand Node (its licence: /usr/local/LICENSE), Debian's
packages (/usr/share/doc/<package>/copyright) and tailscale (BSD-3-Clause; the licences of what it is made of:
https://github.com/tailscale/tailscale/blob/main/licenses/tailscale.md). All of them with their versions:
/usr/share/doc/tailnet-share/sbom.cdx.json
`;

const LICENCE_FILES = [
  "LICENSE",
  "LICENSE.md",
  "LICENSE.txt",
  "LICENCE",
  "license",
  "license.md",
  "LICENSE-MIT",
];

/** The licence's text that lies in a package's folder. */
export function licenceIn(folder: string): string | null {
  for (const file of LICENCE_FILES) {
    try {
      return readFileSync(join(folder, file), "utf8");
    } catch {
      // The next name.
    }
  }
  return null;
}

function rows(table: string): string[][] {
  return table
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => line.split("\t"));
}

function hexOf(integrity: string): string {
  const [algorithm, value] = integrity.split("-");
  return algorithm === "sha512" && value !== undefined ? Buffer.from(value, "base64").toString("hex") : "";
}

// Usage: node packaging/write-bill.ts OUT PACKAGES TAILSCALE
// Writes sbom.cdx.json and THIRD-PARTY-LICENCES into the folder OUT: what the bundles were made of (backend/dist/files.json,
// ui/dist/files.json), Debian's packages and Node (PACKAGES, a table that collect-rootfs.sh wrote) and tailscale (the program
// TAILSCALE). Run while the image is built, by its own Node, from the repository's root.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  billOfMaterials,
  debianComponents,
  goComponents,
  type Lockfile,
  licenceIn,
  licenceTexts,
  npmComponents,
  packageFolders,
} from "./bill.ts";

const [out, packages, tailscale] = process.argv.slice(2);
if (out === undefined || packages === undefined || tailscale === undefined)
  throw new Error("see the first lines");
const read = (path: string) => readFileSync(path, "utf8");
const lock = JSON.parse(read("package-lock.json")) as Lockfile;
const { version } = JSON.parse(read("package.json")) as { version: string };

const files = ["backend/dist/files.json", "ui/dist/files.json"].flatMap(
  (path) => JSON.parse(read(path)) as string[],
);
const folders = packageFolders(files);
const bundled = npmComponents(folders, lock);
const table = read(packages).split("\n");
const node = table.find((line) => line.startsWith("node\t"))?.split("\t")[1] ?? "";
const components = [
  ...bundled,
  ...debianComponents(table.filter((line) => !line.startsWith("node\t")).join("\n")),
  { name: "node", version: node, purl: `pkg:generic/node@${node}`, licence: "MIT", sha512: "" },
  ...goComponents(readFileSync(tailscale)),
];
const folderOf = new Map(bundled.map(({ name, version: its }) => [`${name} ${its}`, folderNamed(name, its)]));

mkdirSync(out, { recursive: true });
writeFileSync(
  join(out, "sbom.cdx.json"),
  `${JSON.stringify(billOfMaterials(version, components), null, 1)}\n`,
);
writeFileSync(
  join(out, "THIRD-PARTY-LICENCES"),
  licenceTexts(bundled, ({ name, version: its }) => licenceIn(folderOf.get(`${name} ${its}`) ?? "")),
);
console.log(`${components.length} components, ${bundled.length} of them bundled`);

function folderNamed(name: string, its: string): string {
  return (
    folders.find((folder) => folder.endsWith(`/${name}`) && lock.packages[folder]?.version === its) ?? ""
  );
}

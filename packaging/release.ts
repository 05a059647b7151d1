import { baseProblems } from "./bases.ts";

/** Where versions stand that have to be the same in a release, each by the name that a person knows it by. */
export type Versions = Readonly<Record<string, string>>;

/** What stands in the way of a release with this tag and these base images, by build argument; nothing when all is right. */
export function releaseProblems(
  tag: string,
  versions: Versions,
  changelog: string,
  bases: Readonly<Record<string, string | undefined>>,
): string[] {
  const version = /^v(\d+\.\d+\.\d+(?:-[\w.]+)?)$/.exec(tag)?.[1];
  if (version === undefined)
    return [`the tag '${tag}' is not 'v' and a semantic version`, ...baseProblems(bases)];
  const others = Object.entries(versions).filter(([, its]) => its !== version);
  const notes = notesOf(changelog, version);
  return [
    ...others.map(([where, its]) => `${where} says ${its}, the tag ${version}`),
    ...(notes === null ? [`CHANGELOG.md has no heading '## [${version}] - <date>'`] : []),
    ...(notes === "" ? [`CHANGELOG.md says nothing about ${version}`] : []),
    ...baseProblems(bases),
  ];
}

/** What the changelog says about a version; null when it has no dated heading for it. */
export function notesOf(changelog: string, version: string): string | null {
  const sections = changelog.split(/^## /m).slice(1);
  const found = sections.find((section) => {
    const heading = /^\[([^\]]+)\] - \d{4}-\d\d-\d\d\s*$/.exec(section.split("\n")[0] ?? "");
    return heading?.[1] === version;
  });
  return found === undefined ? null : found.slice(found.indexOf("\n") + 1).trim();
}

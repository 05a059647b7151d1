import { Marked } from "marked";
import { baseProblems } from "./bases.ts";

/** The versions that must agree in a release, by the name of their place. */
export type Versions = Readonly<Record<string, string>>;

/** Lists what prevents a release with this tag and these base images, by build argument. Empty when nothing does. */
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

/** Returns the changelog's section on a version; null when it has no dated heading for it. */
export function notesOf(changelog: string, version: string): string | null {
  const sections = changelog.split(/^## /m).slice(1);
  const found = sections.find((section) => {
    const heading = /^\[([^\]]+)\] - \d{4}-\d\d-\d\d\s*$/.exec(section.split("\n")[0] ?? "");
    return heading?.[1] === version;
  });
  return found === undefined ? null : found.slice(found.indexOf("\n") + 1).trim();
}

/**
 * Returns notes in Markdown as one line of HTML for the label `com.docker.extension.changelog`, with its quotes single because it is passed as
 * a build argument. Source: https://docs.docker.com/extensions/extensions-sdk/extensions/labels/
 */
export function htmlOf(notes: string): string {
  return MARKDOWN.parse(notes, { async: false })
    .replaceAll('"', "'")
    .replaceAll(/\s*\n\s*/g, " ")
    .trim();
}

/** A placeholder such as `<name>` is text, not HTML. */
const MARKDOWN = new Marked({
  renderer: { html: ({ text }) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;") },
});

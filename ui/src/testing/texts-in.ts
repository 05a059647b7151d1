/** Texts with a space between quotes or tags, and templates, which a user may read. Excludes comments. */
export function textsIn(source: string): string[] {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(?<=^|\s)\/\/.*$/gm, "");
  const quoted = [...code.matchAll(/"((?:[^"\\\n]|\\.)* (?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g)];
  const written = [...code.matchAll(/>([^<>{}=;]* [^<>{}=;]*)</g)];
  return [
    ...quoted.map(([, plain, template]) => plain ?? template ?? ""),
    ...written.map(([, text = ""]) => text),
  ];
}

/** Imports that a folder may have beyond itself. `contract` is the contract; the others are folders and files of the same package. */
export type MayImport =
  /** All of its package, and the contract. */
  | "everything"
  | { readonly everythingBut: readonly string[] }
  /** `types`: type-only imports from these. */
  | { readonly values: readonly string[]; readonly types?: readonly string[] }
  /** Text for the documentation only, not checked. */
  | { readonly note: string };

export interface FolderRule {
  /** Folders and files with this rule, relative to the repository's root. */
  readonly paths: readonly string[];
  /** Content in Markdown, for ARCHITECTURE.md. */
  readonly holds: string;
  readonly mayImport: MayImport;
}

/** Describes a rule's allowed imports for the documentation. */
export function importWords(rule: MayImport): string {
  const quoted = (names: readonly string[]): string =>
    names.map((name) => (name === "contract" ? name : `\`${name}\``)).join(", ");
  if (rule === "everything") return rule;
  if ("note" in rule) return rule.note;
  if ("everythingBut" in rule) return `everything but ${quoted(rule.everythingBut)}`;
  const { values, types = [] } = rule;
  const parts = [
    ...(values.length === 0 ? [] : [quoted(values)]),
    ...(types.length === 0 ? [] : [`types of ${quoted(types)}`]),
  ];
  return parts.length === 0 ? "nothing of ours" : parts.join("; ");
}

/** Returns true when a rule lets a file of `packageFolder` import from `place`, a folder or file relative to the repository's root. */
export function mayImport(rule: MayImport, packageFolder: string, path: string, isType: boolean): boolean {
  const CONTRACT = "contract/src";
  const pathOf = (name: string): string => (name === "contract" ? CONTRACT : `${packageFolder}/${name}`);
  const isOurs = path === CONTRACT || path.startsWith(`${packageFolder}/`);
  if (rule === "everything" || "note" in rule) return isOurs;
  if ("everythingBut" in rule) return isOurs && !rule.everythingBut.map(pathOf).includes(path);
  return rule.values.map(pathOf).includes(path) || (isType && (rule.types ?? []).map(pathOf).includes(path));
}

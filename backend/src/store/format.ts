import { createHash } from "node:crypto";
import { z } from "zod";

/** What every store's value is: the version says how to read the rest. */
export interface Versioned {
  readonly version: number;
}

/** `migrations[1]` makes what version 2 expects of what version 1 wrote; the version itself is counted up for it. */
export type Migrations = Readonly<Record<number, (old: unknown) => Record<string, unknown>>>;

export interface StoreFormat<T extends Versioned> {
  /** Of the current version. */
  readonly schema: z.ZodType<T>;
  readonly version: number;
  readonly migrations: Migrations;
}

export type Decoded<T> =
  | { readonly kind: "good"; readonly value: T }
  /** Whole, but of a version that only a later release knows. */
  | { readonly kind: "newer" }
  | { readonly kind: "damaged" };

/** Keeps the order of the members, which the checksum depends on. */
const StoreFile = z.record(z.string(), z.unknown());
const Version = z.int().min(1);

/** The file's text: the value's own members and a checksum, so that a release that knows no checksums can still read it. */
export function encode(value: Versioned): string {
  return `${JSON.stringify({ ...value, checksum: checksumOf(value) }, null, 2)}\n`;
}

/**
 * The checksum covers every other member, the version too. A file without one is taken as it is: the first release wrote
 * none, and whoever repairs a file by hand removes it.
 */
export function decode<T extends Versioned>(text: string, format: StoreFormat<T>): Decoded<T> {
  try {
    const { checksum, ...value } = StoreFile.parse(JSON.parse(text));
    if (checksum !== undefined && checksum !== checksumOf(value)) return { kind: "damaged" };
    const version = Version.parse(value.version);
    if (version > format.version) return { kind: "newer" };
    return { kind: "good", value: format.schema.parse(migrate(value, version, format)) };
  } catch {
    return { kind: "damaged" };
  }
}

function migrate(
  value: Record<string, unknown>,
  version: number,
  format: Pick<StoreFormat<Versioned>, "version" | "migrations">,
): Record<string, unknown> {
  if (version === format.version) return value;
  const migration = format.migrations[version];
  if (migration === undefined) throw new Error(`no migration from version ${version}`);
  return migrate({ ...migration(value), version: version + 1 }, version + 1, format);
}

/** Of the members as JSON keeps them, so that what is parsed and written again has the same. */
function checksumOf(value: object): string {
  return `sha256-${createHash("sha256").update(JSON.stringify(value)).digest("hex")}`;
}

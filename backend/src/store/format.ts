import { createHash } from "node:crypto";
import { z } from "zod";

/** The base of every store's value: the version determines how to read the rest. */
export interface Versioned {
  readonly version: number;
}

/** `migrations[1]` turns a version 1 value into a version 2 value; the caller sets the version itself. */
export type Migrations = Readonly<Record<number, (old: unknown) => Record<string, unknown>>>;

export interface StoreFormat<T extends Versioned> {
  /** Schema of the current version. */
  readonly schema: z.ZodType<T>;
  readonly version: number;
  readonly migrations: Migrations;
}

export type Decoded<T> =
  | { readonly kind: "good"; readonly value: T }
  /** Undamaged, but of a version that only a later release knows. */
  | { readonly kind: "newer" }
  | { readonly kind: "damaged" };

/** Keeps the order of the members, which the checksum depends on. */
const StoreFile = z.record(z.string(), z.unknown());
const Version = z.int().min(1);

/** Encodes the file's text: the value's own members and a checksum, so that a release without checksums can still read it. */
export function encode(value: Versioned): string {
  return `${JSON.stringify({ ...value, checksum: checksumOf(value) }, null, 2)}\n`;
}

/**
 * The checksum covers every other member, including the version. A file without one is accepted: the first release wrote none, and a user
 * who repairs a file by hand removes it.
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

/** Covers the members as JSON represents them, so that parsing and writing again keeps the checksum. */
function checksumOf(value: object): string {
  return `sha256-${createHash("sha256").update(JSON.stringify(value)).digest("hex")}`;
}

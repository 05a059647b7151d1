import { Backup } from "@tailnet-share/contract/backup";
import { AppError } from "@tailnet-share/contract/errors";
import {
  RestoredSettings,
  SETTINGS_VERSION,
  type SettingsFile,
  settingsMigrations,
} from "../settings/settings-file.ts";
import { sharesMigrations } from "../shares/migrations.ts";
import { SHARES_VERSION, SharesFile } from "../shares/stored-share.ts";
import { decode, encode, type StoreFormat, type Versioned } from "../store/format.ts";
import type { Sealed } from "./sealed.ts";

/** A backup's content, in the versions that this release writes. */
export interface BackupContent {
  readonly device: string;
  readonly shares: SharesFile;
  readonly settings: SettingsFile;
  readonly identities: Sealed | null;
}

const SHARES: StoreFormat<SharesFile> = {
  schema: SharesFile,
  version: SHARES_VERSION,
  migrations: sharesMigrations,
};
const SETTINGS: StoreFormat<SettingsFile> = {
  schema: RestoredSettings,
  version: SETTINGS_VERSION,
  migrations: settingsMigrations,
};

/** Contains the store's files in the store's own format, so that the same code checks their versions and checksums and reads them. */
export function writeBackup(content: BackupContent, createdAt: Date): Backup {
  return {
    format: "tailnet-share-backup",
    version: 1,
    createdAt: createdAt.toISOString(),
    device: content.device,
    shares: fileOf(content.shares),
    settings: fileOf(content.settings),
    identities: content.identities,
  };
}

/** Also reads backups of older releases. Throws `AppError("BACKUP_UNREADABLE")`, which says whether the backup is damaged or newer. */
export function readBackup(document: unknown): BackupContent {
  const parsed = Backup.safeParse(document);
  if (!parsed.success) {
    throw new AppError(
      "BACKUP_UNREADABLE",
      "This isn't a Tailnet Share backup, or it's from a newer release.",
      "Choose a file that 'Back up' has saved, or update Tailnet Share.",
      { cause: parsed.error },
    );
  }
  const { device, shares, settings, identities } = parsed.data;
  return { device, shares: part(shares, SHARES), settings: part(settings, SETTINGS), identities };
}

function fileOf(value: Versioned): Record<string, unknown> {
  return JSON.parse(encode(value)) as Record<string, unknown>;
}

function part<T extends Versioned>(file: Record<string, unknown>, format: StoreFormat<T>): T {
  const decoded = decode(JSON.stringify(file), format);
  switch (decoded.kind) {
    case "good":
      return decoded.value;
    case "newer":
      throw new AppError(
        "BACKUP_UNREADABLE",
        "This backup was made by a newer release.",
        "Update Tailnet Share, then restore it.",
      );
    case "damaged":
      throw new AppError(
        "BACKUP_UNREADABLE",
        "This backup is damaged.",
        "Choose another one. Nothing was changed.",
      );
  }
}

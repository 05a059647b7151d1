import { Backup, MAX_RESTORE_BYTES, Passphrase } from "@tailnet-share/contract/backup";

/** Example: `tailnet-share-docker-2026-11-23.json`. */
export function backupFileName({ device, createdAt }: Pick<Backup, "device" | "createdAt">): string {
  return `${["tailnet-share", device, createdAt.slice(0, 10)].filter((part) => part !== "").join("-")}.json`;
}

/** Returns null when the file is not a backup. The backend validates the content. */
export function parseBackupFile(text: string): Backup | null {
  if (text.length > MAX_RESTORE_BYTES) return null;
  try {
    return Backup.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** An empty passphrase is not an error yet. */
export function passphraseProblem(text: string): string | null {
  return text === "" || Passphrase.safeParse(text).success ? null : "At least 12 characters.";
}

/** Describes a backup's content in one line. */
export function backupWords({ device, createdAt, shares, identities }: Backup, locale?: string): string {
  const { shares: list } = shares;
  const count = Array.isArray(list) ? list.length : 0;
  const when = new Date(createdAt);
  const day = Number.isNaN(when.getTime())
    ? ""
    : ` of ${new Intl.DateTimeFormat(locale, { dateStyle: "long" }).format(when)}`;
  const what = `${count === 1 ? "1 share" : `${count} shares`}, ${identities === null ? "no identities" : "identities"}`;
  return `${device === "" ? "A backup" : `Backup of ${device}`}${day}: ${what}.`;
}

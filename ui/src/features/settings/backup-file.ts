import { Backup, MAX_RESTORE_BYTES, Passphrase } from "@tailnet-share/contract/backup";

/** Such as `tailnet-share-docker-2026-11-23.json`. */
export function backupFileName({ device, createdAt }: Pick<Backup, "device" | "createdAt">): string {
  return `${["tailnet-share", device, createdAt.slice(0, 10)].filter((part) => part !== "").join("-")}.json`;
}

/** Null when the file is no backup; what is inside of it the backend judges. */
export function parseBackupFile(text: string): Backup | null {
  if (text.length > MAX_RESTORE_BYTES) return null;
  try {
    return Backup.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Nothing is wrong with one that has not been begun. */
export function passphraseProblem(text: string): string | null {
  return text === "" || Passphrase.safeParse(text).success ? null : "At least 12 characters.";
}

/** One line about what a backup holds. */
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

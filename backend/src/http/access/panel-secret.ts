import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";

/** The secret of this backend's run. It is in memory and in a file on a tmpfs, and nowhere else. */
export interface PanelSecret {
  matches(given: string): boolean;
}

/**
 * Creates a secret of 256 bits, and the file that `bin/panel-secret` reads. Readable by root in the backend's container only. If the file
 * can't be written, nobody can know the secret; `onUnwritten` gets the reason.
 */
export async function createPanelSecret(
  path: string,
  onUnwritten: (err: unknown) => void,
): Promise<PanelSecret> {
  const secret = randomBytes(32).toString("base64url");
  try {
    await rm(path, { force: true });
    await writeFile(path, secret, { mode: 0o600, flag: "wx" });
  } catch (err) {
    onUnwritten(err);
  }
  const expected = digest(secret);
  return { matches: (given) => timingSafeEqual(digest(given), expected) };
}

/** Gives values of any length the same length, as a comparison in constant time needs. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

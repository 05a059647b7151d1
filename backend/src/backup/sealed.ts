import { createCipheriv, createDecipheriv, randomBytes, scrypt } from "node:crypto";
import { promisify } from "node:util";
import type { Backup } from "@tailnet-share/contract/backup";
import { AppError } from "@tailnet-share/contract/errors";

/** An encrypted text that only the passphrase opens; base64. */
export type Sealed = NonNullable<Backup["identities"]>;

const CIPHER = "aes-256-gcm";
const TAG_BYTES = 16;
/** 32 MiB for each guess. Source: OWASP's Password Storage Cheat Sheet. */
const COST = { N: 2 ** 15, r: 8, p: 3, maxmem: 64 * 1024 * 1024 };
const derive: (passphrase: string, salt: Buffer, bytes: number, cost: typeof COST) => Promise<Buffer> =
  promisify(scrypt);

export async function seal(text: string, passphrase: string): Promise<Sealed> {
  const salt = randomBytes(16);
  const nonce = randomBytes(12);
  const cipher = createCipheriv(CIPHER, await derive(passphrase, salt, 32, COST), nonce);
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return {
    salt: salt.toString("base64"),
    nonce: nonce.toString("base64"),
    sealed: sealed.toString("base64"),
  };
}

/** Rejects with `AppError("BACKUP_UNREADABLE")` for a wrong passphrase or a changed bit. */
export async function open({ salt, nonce, sealed }: Sealed, passphrase: string): Promise<string> {
  const bytes = Buffer.from(sealed, "base64");
  try {
    const key = await derive(passphrase, Buffer.from(salt, "base64"), 32, COST);
    const decipher = createDecipheriv(CIPHER, key, Buffer.from(nonce, "base64"), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]).toString("utf8");
  } catch (cause) {
    throw new AppError(
      "BACKUP_UNREADABLE",
      "The passphrase does not open the identities in this backup.",
      "Enter the one that it was made with, or restore it without identities.",
      { cause },
    );
  }
}

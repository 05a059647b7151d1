import { z } from "zod";

/** A backup holds all shares and, for each machine, tailscaled's state. */
export const MAX_RESTORE_BYTES = 8 * 1024 * 1024;

/** Anybody with the passphrase and the backup can become this node and its machines in the tailnet. */
export const Passphrase = z.string().min(12).max(512);

export const BackupRequest = z.strictObject({
  /** With a passphrase, the backup contains the encrypted identities of the node and the machines. Without one, it doesn't. */
  passphrase: Passphrase.optional(),
});
export type BackupRequest = z.infer<typeof BackupRequest>;

/** Everything that defines this installation, except for credentials. */
export const Backup = z.object({
  format: z.literal("tailnet-share-backup"),
  version: z.literal(1),
  /** ISO 8601. */
  createdAt: z.string(),
  /** The node's name in the tailnet; empty if it was in none. */
  device: z.string(),
  /** The store's files, unchanged, with their versions and checksums. */
  shares: z.record(z.string(), z.unknown()),
  settings: z.record(z.string(), z.unknown()),
  /** Encrypted with AES-256-GCM under a key that scrypt derives from the passphrase. */
  identities: z.object({ salt: z.base64(), nonce: z.base64(), sealed: z.base64() }).nullable(),
});
export type Backup = z.infer<typeof Backup>;

/**
 * Replaces everything stored here with a backup; shares that are not in the backup end. With the passphrase, the node and the machines
 * take over the identities in the backup. Refused with `IDENTITY_IN_USE` while another machine still uses one.
 */
export const Restore = z.strictObject({ backup: z.unknown(), passphrase: Passphrase.optional() });
export type Restore = z.infer<typeof Restore>;

import { z } from "zod";

/** A backup holds all shares and, for each machine, tailscaled's state. */
export const MAX_RESTORE_BYTES = 8 * 1024 * 1024;

/** Whoever has it and the backup can be this node and its machines in the tailnet. */
export const Passphrase = z.string().min(12).max(512);

export const BackupRequest = z.strictObject({
  /** With it, the identities of the node and the machines are in the backup, sealed. Without, they are not. */
  passphrase: Passphrase.optional(),
});
export type BackupRequest = z.infer<typeof BackupRequest>;

/** Everything that makes this installation what it is, but credentials. */
export const Backup = z.object({
  format: z.literal("tailnet-share-backup"),
  version: z.literal(1),
  /** ISO 8601. */
  createdAt: z.string(),
  /** The node's name in the tailnet; empty when it was in none. */
  device: z.string(),
  /** The files of the store, as they stand, with their versions and checksums. */
  shares: z.record(z.string(), z.unknown()),
  settings: z.record(z.string(), z.unknown()),
  /** AES-256-GCM under a key that scrypt makes of the passphrase. */
  identities: z.object({ salt: z.base64(), nonce: z.base64(), sealed: z.base64() }).nullable(),
});
export type Backup = z.infer<typeof Backup>;

/**
 * Puts a backup in the place of what is stored here; what was shared here and is not in it is shared no more. With the passphrase
 * the node and the machines become those of the backup, and are refused with `IDENTITY_IN_USE` while another machine still is them.
 */
export const Restore = z.strictObject({ backup: z.unknown(), passphrase: Passphrase.optional() });
export type Restore = z.infer<typeof Restore>;

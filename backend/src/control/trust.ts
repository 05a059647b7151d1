import { readFileSync } from "node:fs";
import * as tls from "node:tls";
import { writeAtomically } from "../lib/files/atomic-file.ts";
import { certificatesIn } from "./authorities.ts";

/** Extra authorities that this backend and its tailscaleds trust. */
export interface Trust {
  /** In PEM; empty when there are none. */
  pem(): string;
  /**
   * The node's `SSL_CERT_FILE`. System authorities stay trusted, because Go always reads `/etc/ssl/certs`.
   * Source: `loadSystemRoots` in Go's `crypto/x509/root_unix.go`.
   */
  readonly file: string;
  /** Trusts these authorities in this process and writes the file. Resolves with whether they changed. */
  apply(): Promise<boolean>;
}

/** `mounted`: a file named in the compose file; null for none. `chosen`: the authorities in the settings. */
export function createTrust({
  file,
  mounted,
  chosen,
}: {
  file: string;
  mounted: string | null;
  chosen: () => string;
}): Trust {
  let applied: string | null = null;
  const pem = () =>
    certificatesIn(`${mounted === null ? "" : readFileSync(mounted, "utf8")}\n${chosen()}`).join("");
  return {
    pem,
    file,
    async apply() {
      const now = pem();
      if (now === applied) return false;
      await writeAtomically(file, now);
      trustAlso(now);
      applied = now;
      return true;
    },
  };
}

/** Adds these authorities to this process's trust store. */
export function trustAlso(pem: string): void {
  tls.setDefaultCACertificates([...tls.rootCertificates, ...certificatesIn(pem)]);
}

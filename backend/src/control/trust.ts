import { readFileSync } from "node:fs";
import * as tls from "node:tls";
import { writeAtomically } from "../lib/atomic-file.ts";
import { certificatesIn } from "./authorities.ts";

/** Which authorities this backend and its tailscaleds trust beside the usual ones. */
export interface Trust {
  /** As PEM; empty for none. */
  pem(): string;
  /**
   * Where the node's tailscaled reads them, by `SSL_CERT_FILE`. The usual ones stay trusted: Go reads `/etc/ssl/certs` in any case.
   * Source: `loadSystemRoots` in Go's `crypto/x509/root_unix.go`.
   */
  readonly file: string;
  /** Has them trusted by this process, and writes the file. Resolves whether they differ from those of before. */
  apply(): Promise<boolean>;
}

/** `mounted`: a file that the compose file names; null for none. `chosen`: what the settings say. */
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

/** Has this process trust these authorities as well. */
export function trustAlso(pem: string): void {
  tls.setDefaultCACertificates([...tls.rootCertificates, ...certificatesIn(pem)]);
}

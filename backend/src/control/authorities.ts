import { createHash, X509Certificate } from "node:crypto";
import { AppError } from "@tailnet-share/contract/errors";
import type { Authority } from "@tailnet-share/contract/settings";

/* Extra certificate authorities, such as a company's. Texts are PEM with any number of certificates. */

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** Splits a text into its PEM certificates and drops everything around them. */
export function certificatesIn(text: string): string[] {
  return (text.match(CERTIFICATE) ?? []).map((certificate) => `${certificate}\n`);
}

/** Certificate details for the panel. Skips certificates that can't be parsed. */
export function authoritiesIn(text: string): Authority[] {
  return certificatesIn(text).flatMap((pem) => {
    try {
      const { subject, validTo } = new X509Certificate(pem);
      const name = /^CN=(.+)$/m.exec(subject)?.[1] ?? subject.replaceAll("\n", ", ");
      return [{ name: name.slice(0, 200), until: new Date(validTo).toISOString() }];
    } catch {
      return [];
    }
  });
}

/** Returns only the certificates, for storing. Throws `AppError("BAD_REQUEST")` for any other text, and for a private key. */
export function readAuthorities(text: string): string {
  const found = certificatesIn(text);
  const isKey = /PRIVATE KEY/.test(text);
  if (isKey || (text.trim() !== "" && found.length === 0) || authoritiesIn(text).length !== found.length) {
    throw new AppError(
      "BAD_REQUEST",
      isKey
        ? "This is a private key: it belongs to nobody but the authority."
        : "This is no certificate in PEM.",
      "Paste the authority's certificate: a text that begins with -----BEGIN CERTIFICATE-----.",
    );
  }
  return found.join("");
}

/** A file name that changes with the content, so a process that read the previous file is restarted. */
export function authoritiesFile(pem: string): string {
  return `authorities-${createHash("sha256").update(pem).digest("hex").slice(0, 8)}.pem`;
}

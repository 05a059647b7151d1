import type { Fault } from "@tailnet-share/contract/errors";

/** The tailnet issues no certificate for the device's name. Source: `ipnstate.Status.CertDomains`. */
export const NO_CERTIFICATES: Fault = {
  code: "HTTPS_NOT_READY",
  message: "HTTPS certificates are off for your tailnet.",
  hint: "Turn on HTTPS certificates in the tailnet's DNS settings; the certificate follows automatically.",
};

/** The certificate was requested and has not arrived yet. */
export const CERTIFICATE_PENDING: Fault = {
  code: "HTTPS_NOT_READY",
  message: "The certificate is being issued.",
  hint: "The first one takes up to a minute.",
};

/** Explains from tailscaled's error why a certificate was not issued. */
export function certificateFault(reason: string): Fault {
  return /rate.?limit|too many certificates|429/i.test(reason)
    ? {
        code: "CERTIFICATE_LIMITED",
        message: "Certificate rate limit reached for this name.",
        hint: "Retrying automatically, for up to a week. Without HTTPS the port works meanwhile.",
      }
    : {
        code: "HTTPS_NOT_READY",
        message: `Couldn't get a certificate: ${reason.slice(0, 200)}`,
        hint: "Retrying automatically. Without HTTPS the port works meanwhile.",
      };
}

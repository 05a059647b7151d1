import type { Fault } from "@tailnet-share/contract/errors";

/** The tailnet issues no certificate for the device's name. Source: `ipnstate.Status.CertDomains`. */
export const NO_CERTIFICATES: Fault = {
  code: "HTTPS_NOT_READY",
  message: "Your tailnet does not give out HTTPS certificates.",
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
        message:
          "The certificate authority has a limit on certificates for one name, and it is reached for now.",
        hint: "Tailnet Share retries automatically, for up to a week. Without HTTPS the port works meanwhile.",
      }
    : {
        code: "HTTPS_NOT_READY",
        message: `tailscaled could not get the certificate: ${reason.slice(0, 200)}`,
        hint: "Tailnet Share retries automatically. Without HTTPS the port works meanwhile.",
      };
}

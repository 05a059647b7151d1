import type { Fault } from "@tailnet-share/contract/errors";

/** The tailnet gives no certificate for the device's name. Source: `ipnstate.Status.CertDomains`. */
export const NO_CERTIFICATES: Fault = {
  code: "HTTPS_NOT_READY",
  message: "Your tailnet does not give out HTTPS certificates.",
  hint: "Turn on HTTPS certificates in the tailnet's DNS settings; the certificate follows automatically.",
};

/** It is asked for, and not there yet. */
export const CERTIFICATE_PENDING: Fault = {
  code: "HTTPS_NOT_READY",
  message: "The certificate is being issued.",
  hint: "The first one takes up to a minute.",
};

/** Why a certificate was not given, from what tailscaled says of it. */
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

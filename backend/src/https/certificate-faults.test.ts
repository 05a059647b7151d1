import { expect, test } from "vitest";
import { certificateFault } from "./certificate-faults.ts";

test("names the certificate authority's rate limit", () => {
  expect(certificateFault("429 urn:ietf:params:acme:error:rateLimited: too many certificates").code).toBe(
    "CERTIFICATE_LIMITED",
  );
  expect(certificateFault("timeout").code).toBe("HTTPS_NOT_READY");
});

import { rootCertificates } from "node:tls";
import { describe, expect, it } from "vitest";
import { authoritiesFile, authoritiesIn, certificatesIn, readAuthorities } from "./authorities.ts";

const [FIRST = "", SECOND = ""] = rootCertificates;

describe("extra certificate authorities", () => {
  it("are parsed one by one, ignoring the text around them", () => {
    const text = `# the company's\n${FIRST}\r\n\nand its second one:\n${SECOND}`;
    expect(certificatesIn(text)).toHaveLength(2);
    expect(readAuthorities(text)).toBe(certificatesIn(text).join(""));
    expect(authoritiesIn(text)).toEqual([
      { name: expect.stringMatching(/\w/), until: expect.stringMatching(/^20\d\d-/) },
      { name: expect.stringMatching(/\w/), until: expect.stringMatching(/^20\d\d-/) },
    ]);
  });

  it("may be none", () => {
    expect(readAuthorities("  \n")).toBe("");
    expect(authoritiesIn("")).toEqual([]);
  });

  it.each([
    ["a text", "hello"],
    ["a certificate that is cut", FIRST.slice(0, 200)],
    ["a certificate that says nothing", "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----"],
    ["a private key", `${FIRST}\n-----BEGIN PRIVATE KEY-----\naGVsbG8=\n-----END PRIVATE KEY-----`],
  ])("are refused when there is %s", (_case, text) => {
    expect(() => readAuthorities(text)).toThrow(expect.objectContaining({ code: "BAD_REQUEST" }));
  });

  it("have a file name that changes with them", () => {
    expect(authoritiesFile(FIRST)).toMatch(/^authorities-[0-9a-f]{8}\.pem$/);
    expect(authoritiesFile(FIRST)).not.toBe(authoritiesFile(SECOND));
  });
});

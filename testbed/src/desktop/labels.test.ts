import { describe, expect, it } from "vitest";
import { labelProblems } from "./labels.ts";

const VALID: Readonly<Record<string, string>> = {
  "org.opencontainers.image.title": "Tailnet Share",
  "org.opencontainers.image.description": "d",
  "org.opencontainers.image.vendor": "v",
  "org.opencontainers.image.licenses": "Apache-2.0",
  "org.opencontainers.image.source": "https://example.org/s",
  "org.opencontainers.image.version": "1.2.3",
  "com.docker.desktop.extension.api.version": ">= 0.3.4",
  "com.docker.desktop.extension.icon": "https://example.org/icon.svg",
  "com.docker.extension.screenshots": '[{"alt":"a","url":"https://example.org/a.png"}]',
  "com.docker.extension.detailed-description": "d",
  "com.docker.extension.publisher-url": "https://example.org",
  "com.docker.extension.changelog": "c",
  "com.docker.extension.account-info": "required",
  "com.docker.extension.categories": "networking,security",
  "com.docker.extension.additional-urls": '[{"title":"t","url":"https://example.org/t"}]',
};

describe("an image's labels", () => {
  it("are accepted when all are present", () => {
    expect(labelProblems(VALID)).toEqual([]);
  });

  it.each(Object.keys(VALID))("are refused when %s is empty", (label) => {
    expect(labelProblems({ ...VALID, [label]: "" }).join("\n")).toContain(label);
  });

  it.each([
    ["org.opencontainers.image.title", "Tailnet Extension"],
    ["org.opencontainers.image.version", "latest"],
    ["com.docker.desktop.extension.api.version", "newest"],
    ["com.docker.extension.screenshots", "[{alt:'a',url:'https://example.org/a.png'}]"],
    ["com.docker.extension.screenshots", "[]"],
    ["com.docker.extension.additional-urls", '[{"title":"t","url":"javascript:alert(1)"}]'],
    ["com.docker.extension.categories", "networking, security"],
  ])("are refused when %s is %s", (label, value) => {
    expect(labelProblems({ ...VALID, [label]: value })).toHaveLength(1);
  });
});

import { z } from "zod";

const REQUIRED = [
  "org.opencontainers.image.title",
  "org.opencontainers.image.description",
  "org.opencontainers.image.vendor",
  "org.opencontainers.image.licenses",
  "org.opencontainers.image.source",
  "org.opencontainers.image.version",
  "com.docker.desktop.extension.api.version",
  "com.docker.desktop.extension.icon",
  "com.docker.extension.screenshots",
  "com.docker.extension.detailed-description",
  "com.docker.extension.publisher-url",
  "com.docker.extension.changelog",
  "com.docker.extension.account-info",
  "com.docker.extension.categories",
  "com.docker.extension.additional-urls",
] as const;

const httpUrl = z.url({ protocol: /^https?$/ });

const JSON_LABELS = {
  "com.docker.extension.screenshots": z
    .array(z.strictObject({ alt: z.string().min(1), url: httpUrl }))
    .min(1),
  "com.docker.extension.additional-urls": z.array(z.strictObject({ title: z.string().min(1), url: httpUrl })),
} as const;

/** https://docs.docker.com/extensions/extensions-sdk/extensions/labels/ */
const CATEGORIES = [
  "ci-cd",
  "container-orchestration",
  "cloud-deployment",
  "cloud-development",
  "database",
  "kubernetes",
  "networking",
  "image-registry",
  "security",
  "testing-tools",
  "utility-tools",
  "volumes",
];

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Lists problems with the labels of an extension's image. Returns an empty list for a valid image. */
export function labelProblems(labels: Readonly<Record<string, string>>): readonly string[] {
  const problems: string[] = [];
  for (const label of REQUIRED) {
    if ((labels[label] ?? "").trim() === "") problems.push(`label ${label} is missing or empty`);
  }
  if (/\bextension\b/i.test(labels["org.opencontainers.image.title"] ?? "")) {
    problems.push("label org.opencontainers.image.title must not say 'extension'");
  }
  if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(labels["org.opencontainers.image.version"] ?? "")) {
    problems.push("label org.opencontainers.image.version is not a semantic version");
  }
  if (!/^(>=|<=|[><=^~])?\s*\d+\.\d+\.\d+$/.test(labels["com.docker.desktop.extension.api.version"] ?? "")) {
    problems.push("label com.docker.desktop.extension.api.version is not a version constraint");
  }
  for (const label of ["com.docker.desktop.extension.icon", "com.docker.extension.publisher-url"]) {
    if (!httpUrl.safeParse(labels[label]).success) problems.push(`label ${label} is not a URL`);
  }
  for (const [label, schema] of Object.entries(JSON_LABELS)) {
    const parsed = schema.safeParse(parseJson(labels[label] ?? ""));
    if (!parsed.success)
      problems.push(`label ${label} is not the JSON that Docker Desktop reads: ${labels[label] ?? ""}`);
  }
  for (const category of (labels["com.docker.extension.categories"] ?? "").split(",")) {
    if (!CATEGORIES.includes(category))
      problems.push(`label com.docker.extension.categories: unknown category '${category}'`);
  }
  return problems;
}

import { z } from "zod";

/** Size that Docker recommends for screenshots. Pixels. */
const WIDTH = 2_400;
const HEIGHT = 1_600;
const LEAST_PICTURES = 3;
const LEAST_WORDS = 100;
/** Titles of the links that Docker asks for. */
const LINKS = ["Documentation", "Report a problem", "Privacy", "Terms"];
const Titled = z.array(z.object({ title: z.string(), url: z.string() }));
const Pictures = z.array(z.object({ alt: z.string().min(10), url: z.string() }));

/**
 * Lists where the labels fall short of what Docker recommends for a page in its Marketplace. `read` returns a file of this repository by its
 * path; null if there is none. Source: https://docs.docker.com/extensions/extensions-sdk/extensions/labels/
 */
export function storePageProblems(
  labels: Readonly<Record<string, string>>,
  read: (path: string) => Buffer | null,
): readonly string[] {
  const of = (name: string) => labels[`com.docker.extension.${name}`] ?? "";
  const version = labels["org.opencontainers.image.version"] ?? "";
  const problems: string[] = [];
  if (of("account-info") !== "required") problems.push("it doesn't say that an account is required");
  const description = of("detailed-description");
  if (!description.includes("<h3>")) problems.push("the description has no headings");
  if (description.replaceAll(/<[^>]*>/g, " ").split(/\s+/).length < LEAST_WORDS)
    problems.push(`the description has fewer than ${LEAST_WORDS} words`);
  const titles = Titled.parse(JSON.parse(of("additional-urls"))).map(({ title }) => title);
  for (const title of LINKS) if (!titles.includes(title)) problems.push(`it has no link '${title}'`);
  const pictures = Pictures.parse(JSON.parse(of("screenshots")));
  if (pictures.length < LEAST_PICTURES) problems.push(`it has fewer than ${LEAST_PICTURES} pictures`);
  const seen = new Set<string>();
  for (const { url } of pictures) {
    const [, path = ""] =
      new RegExp(`^https://raw\\.githubusercontent\\.com/[^/]+/[^/]+/v${version}/(.*)$`).exec(url) ?? [];
    const file = read(path);
    if (file === null) problems.push(`${url} is no file of version ${version}`);
    else if (file.readUInt32BE(16) !== WIDTH || file.readUInt32BE(20) !== HEIGHT)
      problems.push(`${path} is ${file.readUInt32BE(16)} by ${file.readUInt32BE(20)} pixels`);
    else if (seen.has(file.toString("base64"))) problems.push(`${path} is the same as another picture`);
    if (file !== null) seen.add(file.toString("base64"));
  }
  return problems;
}

/** The images that the product is made from, each by the build argument that can name another one. */
export type Bases = Readonly<Record<BaseArgument, string>>;

const ARGUMENTS = { NODE_IMAGE: "node-base", TAILSCALE_IMAGE: "tailscale-base" } as const;
type BaseArgument = keyof typeof ARGUMENTS;

/** Name, tag and digest: the tag for people, the digest for the build. */
const BY_DIGEST = /^[\w./:-]+:[\w.-]+@sha256:[0-9a-f]{64}$/;

/** Returns a Dockerfile's literal bases. Throws when one is missing: nothing would look for its updates then. */
export function basesOf(dockerfile: string): Bases {
  const base = (stage: string): string => {
    const found = new RegExp(`^FROM ([\\w./:@-]+) AS ${stage}$`, "m").exec(dockerfile)?.[1];
    if (found === undefined) throw new Error(`the Dockerfile has no 'FROM <image> AS ${stage}'`);
    return found;
  };
  return { NODE_IMAGE: base(ARGUMENTS.NODE_IMAGE), TAILSCALE_IMAGE: base(ARGUMENTS.TAILSCALE_IMAGE) };
}

/** Returns a sentence for each base that is not named by digest. */
export function baseProblems(bases: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(ARGUMENTS).flatMap((argument) =>
    BY_DIGEST.test(bases[argument] ?? "")
      ? []
      : [`${argument} is '${bases[argument] ?? ""}', and not an image with tag and digest`],
  );
}

/**
 * Adds to each base the digest that `digestOf` returns, which is that of all its platforms. Keeps a base that has its digest. Rejects
 * when an answer is no digest.
 */
export async function byDigest(
  bases: Bases,
  digestOf: (image: string) => Promise<string> | string,
): Promise<Bases> {
  const resolved = async (image: string): Promise<string> =>
    image.includes("@") ? image : `${image}@${(await digestOf(image)).trim()}`;
  const result = {
    NODE_IMAGE: await resolved(bases.NODE_IMAGE),
    TAILSCALE_IMAGE: await resolved(bases.TAILSCALE_IMAGE),
  };
  const problems = baseProblems(result);
  if (problems.length > 0) throw new Error(problems.join("; "));
  return result;
}

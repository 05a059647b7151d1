/** The fields that we read from `docker buildx imagetools inspect --format '{{json .}}'` for an image with attestations. */
interface Inspected {
  readonly Provenance?: Readonly<Record<string, { readonly SLSA?: object }>>;
  readonly SBOM?: Readonly<Record<string, { readonly SPDX?: { readonly packages?: readonly unknown[] } }>>;
}

/**
 * Lists what a pushed image lacks: for each platform a provenance that names the bases by their digests, and a bill of materials
 * with packages in it. Source: https://docs.docker.com/build/metadata/attestations/
 */
export function attestationProblems(
  inspected: Inspected,
  platforms: readonly string[],
  bases: readonly string[],
): string[] {
  return platforms.flatMap((platform) => {
    const provenance = JSON.stringify(inspected.Provenance?.[platform]?.SLSA ?? null);
    const packages = inspected.SBOM?.[platform]?.SPDX?.packages ?? [];
    const unnamed = bases.filter((base) => !provenance.includes(digestOf(base)));
    return [
      ...(provenance === "null" ? [`${platform} has no provenance`] : []),
      ...(provenance === "null" ? [] : unnamed.map((base) => `${platform} was not made from ${base}`)),
      ...(packages.length === 0 ? [`${platform} has no bill of materials`] : []),
    ];
  });
}

/** In hexadecimal. Throws for an image that is not named by digest. */
function digestOf(image: string): string {
  const digest = /@sha256:([0-9a-f]{64})$/.exec(image)?.[1];
  if (digest === undefined) throw new Error(`${image} is not named by digest`);
  return digest;
}

import { z } from "zod";

/** A path inside the image. */
const ImagePath = z.string().min(1);

/**
 * Schema of metadata.json as Docker Desktop reads it. Rejects unknown keys, as its validator does.
 * https://docs.docker.com/extensions/extensions-sdk/architecture/metadata/
 */
export const Metadata = z.strictObject({
  icon: ImagePath,
  vm: z
    .strictObject({
      composefile: ImagePath.optional(),
      image: z.string().min(1).optional(),
      exposes: z
        .strictObject({ socket: z.string().regex(/^[\w.-]+$/, "is a file name, not a path") })
        .optional(),
    })
    .refine(
      (vm) => (vm.composefile === undefined) !== (vm.image === undefined),
      "has exactly one of composefile and image",
    )
    .optional(),
  ui: z
    .strictObject({
      "dashboard-tab": z.strictObject({
        title: z.string().min(1),
        root: ImagePath,
        src: ImagePath,
        backend: z.strictObject({ socket: z.string().min(1) }).optional(),
      }),
    })
    .optional(),
  host: z
    .strictObject({
      binaries: z.array(
        z.record(z.enum(["darwin", "linux", "windows"]), z.array(z.strictObject({ path: ImagePath }))),
      ),
    })
    .optional(),
});
export type Metadata = z.infer<typeof Metadata>;

/** Parses metadata.json and lists its problems. Returns an empty list for a valid file. */
export function metadataProblems(text: string): readonly string[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return [`metadata.json is not JSON: ${error instanceof Error ? error.message : String(error)}`];
  }
  const parsed = Metadata.safeParse(json);
  if (!parsed.success) {
    return parsed.error.issues.map(
      ({ path, message }) => `metadata.json ${path.join(".") || "(root)"}: ${message}`,
    );
  }
  const { vm, ui } = parsed.data;
  const tabSocket = ui?.["dashboard-tab"].backend?.socket;
  const exposed = vm?.exposes?.socket;
  return tabSocket === exposed
    ? []
    : [
        `metadata.json: the tab talks to the socket ${tabSocket ?? "(none)"}, the backend exposes ${exposed ?? "(none)"}`,
      ];
}

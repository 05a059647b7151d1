import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { z } from "zod";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Reads a file of the repository. */
export const read = (path: string): string => readFileSync(ROOT + path, "utf8");

/** The flags of the backend in a compose file that `docker run` and units have, too. */
export const BackendFlags = z.object({
  cap_drop: z.array(z.string()),
  cap_add: z.array(z.string()),
  security_opt: z.array(z.string()),
  devices: z.array(z.string()),
  tmpfs: z.array(z.string()),
  sysctls: z.record(z.string(), z.string()),
  mem_limit: z.string(),
  pids_limit: z.number(),
  stop_grace_period: z.string(),
});

const Compose = z.object({ services: z.strictObject({ backend: z.unknown() }) });

/** Returns the only service of a compose file, parsed by the schema. */
export function backendIn<T extends z.ZodType>(path: string, schema: T): z.infer<T> {
  return schema.parse(Compose.parse(parse(read(path))).services.backend);
}

import { BACKEND_FOLDERS } from "./backend-folders.ts";
import type { FolderRule } from "./folder-rules.ts";
import { UI_FOLDERS } from "./ui-folders.ts";

/** Every folder with its content and allowed imports. ARCHITECTURE.md's table is generated from this. It does not bind tests. */
export const FOLDER_RULES: readonly FolderRule[] = [
  {
    paths: ["contract/src"],
    holds:
      "what panel and backend both speak (Zod), a file per notion: `port`, `workload`, `share`, `machine`, `node`, `log-in`, `settings`, `snapshot`, `check`, `listening`, `backup`, `operations`; `api` (the table of routes), `client` made from it, `error-codes` and `error-docs` (the tables), `errors`",
    mayImport: { values: [] },
  },
  ...BACKEND_FOLDERS,
  ...UI_FOLDERS,
  {
    paths: ["testbed"],
    holds: "engine, control server, tailnet device, stand-in for Docker Desktop, specs, demo, benchmark",
    mayImport: {
      note: "contract; `packaging`; the gallery's states; modules of `backend` that a spec drives by themselves; the type of a step, so that torture misses none",
    },
  },
  {
    paths: ["packaging"],
    holds: "what the image build, the lockfile and a release need",
    mayImport: { values: [] },
  },
];

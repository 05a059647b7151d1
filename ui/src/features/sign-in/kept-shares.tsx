import { Typography } from "@mui/material";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { plural } from "../../model/format.ts";

/** Says that stored shares are safe. Renders nothing when there are none. */
export function KeptShares({ snapshot, until }: { snapshot: Snapshot; until: string }) {
  const count = snapshot.workloads.filter(({ share }) => share !== null).length;
  if (count === 0) return null;
  return (
    <Typography color="text.secondary">
      {plural(count, "share resumes", "shares resume")} when {until}.
    </Typography>
  );
}

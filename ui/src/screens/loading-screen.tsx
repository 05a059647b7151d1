import { Box, Skeleton } from "@mui/material";
import { StatusDot } from "../common/status-dot.tsx";
import { PAGE_X } from "../common/styles.ts";
import { SlowStartHelp } from "../features/help/slow-start-help.tsx";
import { SkeletonRows } from "../features/list/skeleton-rows.tsx";

/** Shown before the first snapshot. Has the list's shape, so that nothing moves when the list arrives. */
export function LoadingScreen() {
  return (
    <>
      <Box component="header" sx={{ px: PAGE_X, py: 1.5, minHeight: 76 }}>
        <StatusDot tone="busy" words="Starting…" strong />
        <Skeleton width={260} sx={{ mt: 0.5 }} />
      </Box>
      <Box component="main" tabIndex={-1} sx={{ flex: 1, overflow: "hidden", px: PAGE_X, outline: "none" }}>
        <SlowStartHelp waitsFor="the backend" />
        <SkeletonRows />
      </Box>
    </>
  );
}

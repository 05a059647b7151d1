import { Box, Skeleton } from "@mui/material";
import { ROW_MIN_PX } from "./row-styles.tsx";

const ROWS = ["a", "b", "c", "d", "e", "f"];

export function SkeletonRows() {
  return (
    <Box aria-hidden data-testid="skeleton">
      {ROWS.map((row) => (
        <Box
          key={row}
          sx={{
            display: "flex",
            gap: 2,
            alignItems: "center",
            minHeight: ROW_MIN_PX,
            borderBottom: 1,
            borderColor: "divider",
          }}
        >
          <Skeleton variant="circular" width={12} height={12} />
          <Skeleton width="22%" />
          <Skeleton width="18%" />
          <Skeleton sx={{ flex: 1 }} />
          <Skeleton variant="rounded" width={36} height={18} />
        </Box>
      ))}
    </Box>
  );
}

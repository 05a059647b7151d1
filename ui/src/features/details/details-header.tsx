import Close from "@mui/icons-material/Close";
import { Box, IconButton, Typography } from "@mui/material";
import type { Workload } from "@tailnet-share/contract/workload";
import { StatusDot } from "../../common/status-dot.tsx";
import { ELLIPSIS } from "../../common/styles.ts";
import { displayName, fullName } from "../../model/names.ts";
import { type Status, toneOf, wordsOf } from "../../model/status.ts";

interface DetailsHeaderProps {
  readonly workload: Workload;
  readonly status: Status;
  readonly onClose: () => void;
}

/** Stays in place while the details scroll. */
export function DetailsHeader({ workload, status, onClose }: DetailsHeaderProps) {
  return (
    <Box sx={{ display: "flex", alignItems: "center", gap: 1.5, pl: 2, pr: 1, py: 1 }}>
      <Box sx={{ flex: 1, minWidth: 0 }}>
        <Typography component="h2" variant="h6" data-whole={displayName(workload)} sx={ELLIPSIS}>
          {displayName(workload)}
        </Typography>
        {workload.project !== null && (
          <Typography
            variant="caption"
            component="div"
            color="text.secondary"
            data-whole={workload.project}
            sx={ELLIPSIS}
          >
            {workload.project}
          </Typography>
        )}
      </Box>
      <Box sx={{ flex: "none", maxWidth: "45%" }}>
        <StatusDot tone={toneOf(status)} words={wordsOf(status)} />
      </Box>
      <IconButton
        size="small"
        aria-label={`Close details of ${fullName(workload)}`}
        data-hint="Close"
        onClick={onClose}
      >
        <Close fontSize="small" />
      </IconButton>
    </Box>
  );
}

import { Box, Button, Typography } from "@mui/material";
import type { Workload } from "@tailnet-share/contract/model";
import { fullName } from "../model/names.ts";

/** Who looks for HTTPS or Funnel among what a share on the node offers is told where they are, with the way there. */
export function HttpsElsewhere({ workload, onPick }: { workload: Workload; onPick: () => void }) {
  const possible = workload.machine.refusal === null;
  return (
    <Box sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", columnGap: 1.5 }}>
      <Typography variant="body2" color="text.secondary">
        HTTPS and Funnel (anyone on the internet) come with a machine of its own
        {possible ? "." : ", which this container cannot be."}
      </Typography>
      {possible && (
        <Button size="small" aria-label={`Make it its own machine: ${fullName(workload)}`} onClick={onPick}>
          Make it its own machine
        </Button>
      )}
    </Box>
  );
}

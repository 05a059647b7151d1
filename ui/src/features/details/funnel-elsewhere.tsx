import { Box, Button, Typography } from "@mui/material";
import type { Workload } from "@tailnet-share/contract/workload";
import { fullName } from "../../model/names.ts";

/** Says where to find Funnel and links to it. */
export function FunnelElsewhere({ workload, onPick }: { workload: Workload; onPick: () => void }) {
  const possible = workload.machine.refusal === null;
  return (
    <Box sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", columnGap: 1.5 }}>
      <Typography variant="body2" color="text.secondary">
        Funnel (anyone on the internet) comes with a machine of its own
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

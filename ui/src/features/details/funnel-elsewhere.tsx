import { Box, Button, Typography } from "@mui/material";
import type { Workload } from "@tailnet-share/contract/workload";
import { Changes } from "../../common/changes.tsx";
import { fullName } from "../../model/names.ts";

/** Says where to find Funnel and links to it. */
export function FunnelElsewhere({ workload, onPick }: { workload: Workload; onPick: () => void }) {
  const possible = workload.machine.refusal === null;
  return (
    <Box sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", columnGap: 1.5 }}>
      <Typography color="text.secondary">
        {possible
          ? "Need a public URL (Funnel)?"
          : "A public URL (Funnel) needs an own machine, which this container can't be."}
      </Typography>
      {possible && (
        <Changes>
          <Button size="small" aria-label={`Use own machine: ${fullName(workload)}`} onClick={onPick}>
            Use own machine
          </Button>
        </Changes>
      )}
    </Box>
  );
}

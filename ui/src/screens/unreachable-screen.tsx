import { Button, Typography } from "@mui/material";
import { useSession } from "../api/session.tsx";
import { Centred } from "../common/centred.tsx";
import { FaultAlert } from "../common/fault-alert.tsx";
import type { Problem } from "../host/problem.ts";

export function UnreachableScreen({ problem }: { problem: Problem }) {
  const { feed } = useSession();
  return (
    <Centred>
      <Typography variant="h5" component="h1">
        Tailnet Share is not running
      </Typography>
      <FaultAlert severity="error" fault={problem} />
      <Typography color="text.secondary">Your shares are saved. Reconnecting…</Typography>
      <Button variant="contained" sx={{ alignSelf: "start" }} onClick={() => feed.retry()}>
        Try again
      </Button>
    </Centred>
  );
}

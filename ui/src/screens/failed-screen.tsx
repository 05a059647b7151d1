import { Typography } from "@mui/material";
import type { Fault } from "@tailnet-share/contract/errors";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { Centred } from "../common/centred.tsx";
import { FaultAlert } from "../common/fault-alert.tsx";
import { LastingFaults } from "../common/lasting-faults.tsx";
import { StartDetails } from "../features/help/start-details.tsx";
import { KeptShares } from "../features/sign-in/kept-shares.tsx";

export function FailedScreen({ fault, snapshot }: { fault: Fault; snapshot: Snapshot }) {
  const isLockedOut = fault.code === "TAILNET_LOCKED_OUT";
  return (
    <Centred>
      <Typography variant="h5" component="h2">
        {isLockedOut ? "This node is locked out" : "Tailscale isn't running"}
      </Typography>
      <FaultAlert severity="error" fault={fault} />
      <LastingFaults snapshot={snapshot} />
      <KeptShares snapshot={snapshot} until={isLockedOut ? "the node is signed" : "Tailscale runs again"} />
      {!isLockedOut && <StartDetails />}
    </Centred>
  );
}

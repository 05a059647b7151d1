import { Box } from "@mui/material";
import type { MachineView } from "@tailnet-share/contract/machine";
import { ExternalLink } from "../../common/external-link.tsx";
import { FaultAlert } from "../../common/fault-alert.tsx";

/** Explains why the requested HTTPS or Funnel is unavailable, with the page that turns it on. */
export function MachineWeb({ web, name }: { web: NonNullable<MachineView["web"]>; name: string }) {
  return (
    <Box>
      <FaultAlert severity="warning" fault={web.fault} />
      {web.url !== null && (
        <Box sx={{ pt: 0.5 }}>
          <ExternalLink href={web.url} name={`Turn it on in the admin console, for ${name}`}>
            Turn it on in the admin console
          </ExternalLink>
        </Box>
      )}
    </Box>
  );
}

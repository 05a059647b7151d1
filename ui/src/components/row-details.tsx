import { Box, Button, Stack, Typography } from "@mui/material";
import type { Workload } from "@tailnet-share/contract/model";
import { useSession } from "../api/session.tsx";
import { formatBytes } from "../model/format.ts";
import { displayName, fullName } from "../model/names.ts";
import { portLines } from "../model/ports.ts";
import type { Status } from "../model/status.ts";
import { AddPort } from "./add-port.tsx";
import { CheckPanel } from "./check-panel.tsx";
import { FaultAlert } from "./fault-alert.tsx";
import { PortLineRow } from "./port-line-row.tsx";

interface RowDetailsProps {
  readonly workload: Workload;
  readonly status: Status;
  readonly busy: boolean;
}

export function RowDetails({ workload, status, busy }: RowDetailsProps) {
  const { share, run } = workload;
  const gone = run === "removed";
  return (
    <Stack spacing={1.5} sx={{ pl: { xs: 1, md: 5.5 }, pr: 1, pb: 2, pt: 0.5 }}>
      {status.kind === "failed" && <FaultAlert severity="error" fault={status.fault} />}
      {status.kind === "refused" && <FaultAlert severity="info" fault={status.fault} />}
      {gone && <Gone workload={workload} />}
      {status.kind !== "refused" && !gone && <Ports workload={workload} status={status} busy={busy} />}
      {share && (
        <Typography variant="body2" color="text.secondary">
          {formatBytes(share.traffic.received)} received, {formatBytes(share.traffic.sent)} sent since it was
          switched on
        </Typography>
      )}
      {share && !gone && <CheckPanel workload={workload} />}
    </Stack>
  );
}

function Ports({ workload, status, busy }: RowDetailsProps) {
  const lines = portLines(workload);
  const endpoints = status.kind === "live" ? status.endpoints : [];
  const name = fullName(workload);
  return (
    <>
      {lines.length === 0 && (
        <Typography variant="body2">
          This container declares no ports. Enter the one its program listens on, and it is shared.
        </Typography>
      )}
      <Box role="group" aria-label={`Ports of ${name}`}>
        {lines.map((line) => (
          <PortLineRow
            key={line.key}
            workload={workload}
            line={line}
            endpoint={endpoints.find(
              ({ port, protocol }) => port === line.port && protocol === line.protocol,
            )}
            busy={busy}
          />
        ))}
      </Box>
      <AddPort workload={workload} busy={busy} eager={lines.length === 0} />
    </>
  );
}

function Gone({ workload }: { workload: Workload }) {
  const { actions } = useSession();
  return (
    <Box sx={{ display: "flex", alignItems: "center", gap: 2, flexWrap: "wrap" }}>
      <Typography variant="body2">
        There is no container for this share right now. It is shared again as soon as one comes back.
      </Typography>
      <Button
        size="small"
        variant="outlined"
        aria-label={`Forget ${fullName(workload)}`}
        title={`Forget the share of ${displayName(workload)}`}
        onClick={() => void actions.forget(workload)}
      >
        Forget
      </Button>
    </Box>
  );
}

import { Box, Typography } from "@mui/material";
import type { Workload } from "@tailnet-share/contract/model";
import type { PutShare } from "@tailnet-share/contract/routes";
import { fullName } from "../model/names.ts";
import { portLines, samePort } from "../model/ports.ts";
import type { Status } from "../model/status.ts";
import { AddPort } from "./add-port.tsx";
import { PortLineRow } from "./port-line-row.tsx";

interface NodePortsProps {
  readonly workload: Workload;
  readonly status: Status;
  readonly busy: boolean;
  /** What a request says beside the ports. */
  readonly base: PutShare;
}

/** On the node exactly the ticked ports are reachable. */
export function NodePorts({ workload, status, busy, base }: NodePortsProps) {
  const lines = portLines(workload);
  const endpoints = status.kind === "live" ? status.endpoints : [];
  return (
    <>
      {lines.length === 0 && (
        <Typography variant="body2">
          This container declares no ports. Enter the one its program listens on, and it is shared.
        </Typography>
      )}
      <Box role="group" aria-label={`Ports of ${fullName(workload)}`}>
        {lines.map((line) => (
          <PortLineRow
            key={line.key}
            workload={workload}
            line={line}
            endpoint={endpoints.find((endpoint) => samePort(endpoint, line))}
            busy={busy}
            base={base}
          />
        ))}
      </Box>
      <AddPort
        workload={workload}
        busy={busy}
        base={base}
        purpose={lines.length === 0 ? "first" : "another"}
      />
    </>
  );
}

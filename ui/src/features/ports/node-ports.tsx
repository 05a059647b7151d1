import { Box, Skeleton, Typography } from "@mui/material";
import type { PutShare } from "@tailnet-share/contract/share";
import type { Workload } from "@tailnet-share/contract/workload";
import { useId } from "react";
import { fullName } from "../../model/names.ts";
import { portLines, samePort } from "../../model/ports.ts";
import type { Status } from "../../model/status.ts";
import { AddPort } from "./add-port.tsx";
import { foundPorts, introWords } from "./listening.ts";
import { ListeningLine } from "./listening-line.tsx";
import { PortLineRow } from "./port-line-row.tsx";
import { PortRanges } from "./port-ranges.tsx";
import type { Listening } from "./use-listening.ts";

interface NodePortsProps {
  readonly workload: Workload;
  readonly status: Status;
  readonly busy: boolean;
  /** The request's fields other than ports. */
  readonly base: PutShare;
  readonly listening: Listening;
  readonly magicDns: boolean;
}

/** The node exposes exactly the ticked ports. */
export function NodePorts(props: NodePortsProps) {
  const { workload, status, busy, base, listening, magicDns } = props;
  const { looked, again } = listening;
  const moving = useId();
  const secure = useId();
  const unnamed = portLines(workload).length === 0;
  const lines = portLines(workload, foundPorts(looked));
  const endpoints = status.kind === "live" ? status.endpoints : [];
  return (
    <>
      {unnamed && <Typography>{introWords(looked, workload.portsKnown)}</Typography>}
      <Box role="group" aria-label={`Ports of ${fullName(workload)}`}>
        {lines.map((line) => (
          <PortLineRow
            key={line.key}
            workload={workload}
            line={line}
            endpoint={endpoints.find((endpoint) => samePort(endpoint, line))}
            looked={looked}
            magicDns={magicDns}
            busy={busy}
            base={base}
            moving={moving}
            secure={secure}
          />
        ))}
        {lines.length === 0 && looked.state === "asking" && (
          <Skeleton variant="rounded" width={150} height={24} sx={{ my: 1.125 }} />
        )}
        {lines.some(({ nodePort }) => nodePort !== null) && (
          // Rendered before the user types, so that typing moves nothing.
          <Typography id={moving} variant="caption" component="div" color="text.secondary">
            Changing the port drops open connections.
          </Typography>
        )}
      </Box>
      {workload.share?.mode === "node" && workload.share.ports.some(({ protocol }) => protocol === "tcp") && (
        <Typography id={secure} variant="caption" component="div" color="text.secondary">
          HTTPS is for web apps: it uses the tailnet's certificate, and Tailscale's headers tell the app who
          visits.
        </Typography>
      )}
      <ListeningLine looked={looked} lines={lines} name={fullName(workload)} onAgain={again} />
      <PortRanges workload={workload} busy={busy} base={base} />
      <AddPort workload={workload} busy={busy} base={base} purpose={unnamed ? "first" : "another"} />
    </>
  );
}

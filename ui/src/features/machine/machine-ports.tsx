import { Box, Typography } from "@mui/material";
import type { Workload } from "@tailnet-share/contract/workload";
import { useSession } from "../../api/session.tsx";
import { ActionButton } from "../../common/action-button.tsx";
import { Changes } from "../../common/changes.tsx";
import { fullName } from "../../model/names.ts";
import {
  listeningPorts,
  machinePortLines,
  type PortLine,
  portName,
  samePort,
  togglePort,
} from "../../model/ports.ts";
import type { Status } from "../../model/status.ts";
import { plainEndpoint } from "../../model/tailnet.ts";
import { PortWarning } from "../address/port-warning.tsx";
import { EndpointAddress } from "../address/reach.tsx";
import { AddPort } from "../ports/add-port.tsx";
import { foundPorts } from "../ports/listening.ts";
import { ListeningLine } from "../ports/listening-line.tsx";
import { PortMark } from "../ports/port-mark.tsx";
import { PortRanges } from "../ports/port-ranges.tsx";
import type { Listening } from "../ports/use-listening.ts";

interface MachinePortsProps {
  readonly workload: Workload;
  readonly status: Status;
  readonly busy: boolean;
  readonly magicDns: boolean;
  readonly listening: Listening;
}

/** Lists ports with known listeners. There is nothing to tick, because a machine exposes all of the container's ports. */
export function MachinePorts({ workload, status, busy, magicDns, listening }: MachinePortsProps) {
  const { looked, again } = listening;
  const lines = machinePortLines(workload, foundPorts(looked));
  const live = status.kind === "live" ? status : null;
  const addressOf = (line: PortLine) =>
    live?.endpoints.find((endpoint) => samePort(endpoint, line) && endpoint.nodePort === line.port) ??
    (live?.machine && plainEndpoint(live.machine, line));
  // Once the user names a port, the list shows named ports only. Adding is not offered while ports are found automatically.
  const foundAlone = workload.share?.ports.length === 0 && listeningPorts(workload).length > 0;
  return (
    <>
      {lines.length > 0 && (
        <Box role="group" aria-label={`Ports of ${fullName(workload)}`}>
          {lines.map((line) => {
            const endpoint = addressOf(line);
            return (
              <Box key={line.key}>
                <Box sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", minHeight: 42 }}>
                  <Box sx={{ minWidth: "7rem" }}>
                    <Typography>{portName(line)}</Typography>
                    <PortMark line={line} looked={looked} />
                  </Box>
                  {endpoint && (
                    <EndpointAddress endpoint={endpoint} name={fullName(workload)} magicDns={magicDns} />
                  )}
                  <RemovePort workload={workload} line={line} busy={busy} />
                </Box>
                {line.warning && <PortWarning words={line.warning} />}
              </Box>
            );
          })}
        </Box>
      )}
      <PortRanges workload={workload} busy={busy} base={null} />
      <ListeningLine looked={looked} lines={lines} name={fullName(workload)} onAgain={again} />
      {workload.share && !foundAlone && (
        <AddPort workload={workload} busy={busy} base={{}} purpose="address" />
      )}
    </>
  );
}

/** Removes a port that the user added. The last one must stay: a share lists at least one port or never had any. */
function RemovePort({ workload, line, busy }: { workload: Workload; line: PortLine; busy: boolean }) {
  const { actions } = useSession();
  const declared = workload.ports.some((port) => samePort(port, line));
  const left = togglePort(workload, line);
  if (declared || line.nodePort === null || left.length === 0) return null;
  return (
    <Changes>
      <ActionButton
        size="small"
        off={busy}
        aria-label={`Remove port ${portName(line)} of ${fullName(workload)}`}
        onClick={() => void actions.share(workload, { ports: left })}
      >
        Remove
      </ActionButton>
    </Changes>
  );
}

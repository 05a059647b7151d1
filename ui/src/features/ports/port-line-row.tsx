import { Box, Checkbox, FormControlLabel, Typography } from "@mui/material";
import type { Endpoint, PutShare } from "@tailnet-share/contract/share";
import type { Workload } from "@tailnet-share/contract/workload";
import { useId } from "react";
import { useSession } from "../../api/session.tsx";
import { Changes } from "../../common/changes.tsx";
import { useQueued } from "../../common/use-queued.ts";
import { displayName, fullName } from "../../model/names.ts";
import { moveNodePort, type PortLine, portName, togglePort } from "../../model/ports.ts";
import { PortWarning } from "../address/port-warning.tsx";
import { EndpointAddress } from "../address/reach.tsx";
import type { Looked } from "./listening.ts";
import { NodeHttps } from "./node-https.tsx";
import { PortField } from "./port-field.tsx";
import { PortMark } from "./port-mark.tsx";

interface PortLineRowProps {
  readonly workload: Workload;
  readonly line: PortLine;
  readonly endpoint: Endpoint | undefined;
  readonly looked: Looked;
  readonly magicDns: boolean;
  readonly busy: boolean;
  /** The request's fields other than ports. */
  readonly base: PutShare;
  /** ID of the element that says what changing the node port interrupts. */
  readonly moving: string;
  /** ID of the element that explains HTTPS. */
  readonly secure: string;
}

export function PortLineRow(props: PortLineRowProps) {
  const { workload, line, endpoint, magicDns, busy, moving, secure } = props;
  const name = fullName(workload);
  return (
    <Box sx={{ py: line.nodePort === null ? 0.25 : 0.75 }}>
      <Box
        sx={{
          display: "flex",
          alignItems: "center",
          flexWrap: "wrap",
          columnGap: 2,
          rowGap: 0.5,
          minHeight: 42,
        }}
      >
        <Changes>
          <PortCheck {...props} />
          {line.nodePort !== null && (
            <NodePort workload={workload} line={line} nodePort={line.nodePort} busy={busy} moving={moving} />
          )}
          {workload.share?.mode === "node" && line.nodePort !== null && line.protocol === "tcp" && (
            <NodeHttps workload={workload} line={line} busy={busy} describedBy={secure} />
          )}
        </Changes>
        {endpoint && <EndpointAddress endpoint={endpoint} name={name} magicDns={magicDns} />}
      </Box>
      {endpoint?.web && line.nodePort !== line.port && (
        <Typography variant="caption" component="div" color="text.secondary" sx={{ pl: 3.5 }}>
          Apps that redirect may drop the port; an own machine keeps it.
        </Typography>
      )}
      {line.warning && (
        <Box sx={{ pl: 3.5, pb: 0.5 }}>
          <PortWarning words={line.warning} />
        </Box>
      )}
    </Box>
  );
}

type PortCheckProps = Pick<PortLineRowProps, "workload" | "line" | "looked" | "busy" | "base">;

function PortCheck({ workload, line, looked, busy, base }: PortCheckProps) {
  const { actions } = useSession();
  const mark = useId();
  const shared = line.nodePort !== null;
  const [wanted, want] = useQueued<boolean>(busy, async (on) => {
    if (on === shared) return;
    const ports = togglePort(workload, line);
    if (on) await actions.share(workload, { ...base, ports });
    else if (ports.length > 0) await actions.closePort(workload, line, { ...base, ports });
    else await actions.unshare([workload], `Stopped sharing ${displayName(workload)}`);
  });
  return (
    <FormControlLabel
      // In relative units, so that larger text fits too.
      sx={{ width: "9.5rem", mr: 0 }}
      label={
        <>
          <Typography>{portName(line)}</Typography>
          <PortMark line={line} looked={looked} id={mark} />
        </>
      }
      control={
        <Checkbox
          size="small"
          checked={wanted ?? shared}
          onChange={(event) => want(event.target.checked)}
          slotProps={{
            input: {
              "aria-label": `Share port ${portName(line)} of ${fullName(workload)}`,
              "aria-describedby": mark,
            },
          }}
        />
      }
    />
  );
}

interface NodePortProps extends Pick<PortLineRowProps, "workload" | "line" | "busy" | "moving"> {
  readonly nodePort: number;
}

function NodePort({ workload, line, nodePort, busy, moving }: NodePortProps) {
  const { actions } = useSession();
  return (
    <PortField
      label="Port on this node"
      name={`Port on this node for port ${portName(line)} of ${fullName(workload)}`}
      describedBy={moving}
      port={nodePort}
      busy={busy}
      save={(port) => actions.share(workload, { ports: moveNodePort(workload, line, port) })}
    />
  );
}

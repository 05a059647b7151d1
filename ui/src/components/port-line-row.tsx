import { Box, Checkbox, FormControlLabel, TextField, Typography } from "@mui/material";
import type { Endpoint, Workload } from "@tailnet-share/contract/model";
import { type FormEvent, useEffect, useState } from "react";
import { useSession } from "../api/session.tsx";
import { displayName, fullName } from "../model/names.ts";
import { moveNodePort, type PortLine, parsePort, togglePort } from "../model/ports.ts";
import { PortWarning } from "./port-warning.tsx";
import { EndpointAddress } from "./reach.tsx";
import { useQueued } from "./use-queued.ts";

interface PortLineRowProps {
  readonly workload: Workload;
  readonly line: PortLine;
  readonly endpoint: Endpoint | undefined;
  readonly busy: boolean;
}

export function PortLineRow({ workload, line, endpoint, busy }: PortLineRowProps) {
  const { actions } = useSession();
  const name = fullName(workload);
  const shared = line.nodePort !== null;
  const [wanted, want] = useQueued<boolean>(busy, async (on) => {
    if (on === shared) return;
    const ports = togglePort(workload, line);
    if (ports.length > 0) await actions.share(workload, ports);
    else await actions.unshare([workload], `${displayName(workload)} is no longer shared`);
  });
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
        <FormControlLabel
          sx={{ width: 150, mr: 0 }}
          label={<Typography variant="body2">{`${line.port} ${line.protocol.toUpperCase()}`}</Typography>}
          control={
            <Checkbox
              size="small"
              checked={wanted ?? shared}
              onChange={(event) => want(event.target.checked)}
              slotProps={{
                input: { "aria-label": `Share port ${line.port} ${line.protocol.toUpperCase()} of ${name}` },
              }}
            />
          }
        />
        {line.nodePort !== null && (
          <NodePort workload={workload} line={line} nodePort={line.nodePort} busy={busy} />
        )}
        {endpoint && <EndpointAddress endpoint={endpoint} name={name} />}
      </Box>
      {line.warning && (
        <Box sx={{ pl: 3.5, pb: 0.5 }}>
          <PortWarning words={line.warning} />
        </Box>
      )}
    </Box>
  );
}

interface NodePortProps {
  readonly workload: Workload;
  readonly line: PortLine;
  readonly nodePort: number;
  readonly busy: boolean;
}

/** Sent on Enter or when the field is left, never half-typed. */
function NodePort({ workload, line, nodePort, busy }: NodePortProps) {
  const { actions } = useSession();
  const [text, setText] = useState(String(nodePort));
  const typed = parsePort(text);
  // A new node port from the backend takes the place of what stands in the field.
  useEffect(() => setText(String(nodePort)), [nodePort]);

  const [moving, move] = useQueued<number>(busy, async (to) => {
    if (to !== nodePort && !(await actions.share(workload, moveNodePort(workload, line, to))))
      setText(String(nodePort));
  });

  function send() {
    if (typed !== null && typed !== (moving ?? nodePort)) move(typed);
  }
  return (
    <Box
      component="form"
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        send();
      }}
    >
      <TextField
        label="Port on this node"
        size="small"
        value={text}
        error={typed === null}
        onChange={(event) => setText(event.target.value)}
        onBlur={send}
        sx={{ width: 130 }}
        slotProps={{
          htmlInput: {
            inputMode: "numeric",
            "aria-label": `Port on this node for port ${line.port} ${line.protocol.toUpperCase()} of ${fullName(workload)}`,
          },
        }}
      />
    </Box>
  );
}

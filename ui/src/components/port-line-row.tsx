import { Box, Checkbox, FormControlLabel, TextField, Typography } from "@mui/material";
import type { Endpoint, Workload } from "@tailnet-share/contract/model";
import { type FormEvent, useState } from "react";
import { useSession } from "../api/session.tsx";
import { displayName, fullName } from "../model/names.ts";
import { moveNodePort, type PortLine, parsePort, togglePort } from "../model/ports.ts";
import { EndpointAddress } from "./reach.tsx";

interface PortLineRowProps {
  readonly workload: Workload;
  readonly line: PortLine;
  readonly endpoint: Endpoint | undefined;
  readonly busy: boolean;
}

export function PortLineRow({ workload, line, endpoint, busy }: PortLineRowProps) {
  const { actions } = useSession();
  const name = fullName(workload);

  function toggle() {
    const ports = togglePort(workload, line);
    if (ports.length > 0) return void actions.share(workload, ports);
    void actions.unshare([workload], `${displayName(workload)} is no longer shared`);
  }
  return (
    <Box sx={{ py: 0.25 }}>
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
              checked={line.nodePort !== null}
              disabled={busy}
              onChange={toggle}
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
        <Typography variant="body2" sx={{ pl: 3.5, pb: 0.5 }}>
          <Box component="span" sx={{ color: "warning.main", fontWeight: 700, mr: 0.75 }} aria-hidden>
            ▲
          </Box>
          {line.warning}
        </Typography>
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

  function send() {
    if (typed === null || typed === nodePort) return;
    void actions.share(workload, moveNodePort(workload, line, typed)).then((done) => {
      if (!done) setText(String(nodePort));
    });
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
        disabled={busy}
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

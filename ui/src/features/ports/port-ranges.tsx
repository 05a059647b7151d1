import { Box, TextField, Typography } from "@mui/material";
import type { PortRange } from "@tailnet-share/contract/port";
import type { PutShare } from "@tailnet-share/contract/share";
import type { Workload } from "@tailnet-share/contract/workload";
import { type FormEvent, useState } from "react";
import { useSession } from "../../api/session.tsx";
import { ActionButton } from "../../common/action-button.tsx";
import { Changes } from "../../common/changes.tsx";
import { fullName } from "../../model/names.ts";
import { parsePort, rangeName, samePort, togglePort } from "../../model/ports.ts";

interface PortRangesProps {
  readonly workload: Workload;
  readonly busy: boolean;
  /** The request's other fields. Null for a machine, which answers on all ports. */
  readonly base: PutShare | null;
}

/** A container's port ranges: one line per range, with a field to pick a port. */
export function PortRanges({ workload, busy, base }: PortRangesProps) {
  if (workload.portRanges.length === 0) return null;
  return (
    <Box role="group" aria-label={`Port ranges of ${fullName(workload)}`}>
      {workload.portRanges.map((range) => (
        <Box
          key={rangeName(range)}
          sx={{
            display: "flex",
            flexWrap: "wrap",
            alignItems: "center",
            columnGap: 2,
            rowGap: 0.5,
            minHeight: 42,
          }}
        >
          <Typography sx={{ minWidth: "9.5rem" }}>{rangeName(range)}</Typography>
          {base === null ? (
            <Typography color="text.secondary">Every open port in this range is reachable.</Typography>
          ) : (
            <Changes>
              <PortOfRange workload={workload} range={range} busy={busy} base={base} />
            </Changes>
          )}
        </Box>
      ))}
    </Box>
  );
}

interface PortOfRangeProps {
  readonly workload: Workload;
  readonly range: PortRange;
  readonly busy: boolean;
  readonly base: PutShare;
}

function PortOfRange({ workload, range, busy, base }: PortOfRangeProps) {
  const { actions } = useSession();
  const [text, setText] = useState("");
  const { from, to, protocol } = range;
  const typed = parsePort(text);
  const port = typed !== null && from <= typed && typed <= to ? { port: typed, protocol } : null;
  const shared = port !== null && workload.share?.ports.some((other) => samePort(other, port)) === true;
  const problem = text === "" || port !== null ? null : `A number from ${from} to ${to}.`;
  const of = `of ${rangeName(range)} of ${fullName(workload)}`;

  function send(event: FormEvent) {
    event.preventDefault();
    if (port === null || shared || busy) return;
    void actions
      .share(workload, { ...base, ports: togglePort(workload, port) })
      .then((done) => done && setText(""));
  }
  return (
    <Box component="form" onSubmit={send} sx={{ display: "flex", gap: 1, alignItems: "flex-start" }}>
      <TextField
        label="Port"
        size="small"
        value={text}
        onChange={(event) => setText(event.target.value)}
        error={problem !== null || shared}
        helperText={shared ? "This port is already shared." : problem}
        sx={{ width: "9.5rem" }}
        slotProps={{ htmlInput: { inputMode: "numeric", "aria-label": `Port ${of}` } }}
      />
      <ActionButton
        type="submit"
        variant="outlined"
        off={port === null || shared || busy}
        aria-label={`Share port ${of}`}
        sx={{ height: 40 }}
      >
        Share port
      </ActionButton>
    </Box>
  );
}

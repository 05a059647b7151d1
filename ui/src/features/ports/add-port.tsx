import { Box, TextField, Typography } from "@mui/material";
import type { Protocol } from "@tailnet-share/contract/port";
import type { PutShare } from "@tailnet-share/contract/share";
import type { Workload } from "@tailnet-share/contract/workload";
import { type FormEvent, useState } from "react";
import { useSession } from "../../api/session.tsx";
import { ActionButton } from "../../common/action-button.tsx";
import { Changes } from "../../common/changes.tsx";
import { fullName } from "../../model/names.ts";
import { parsePort, parseProtocol, portLines, samePort, togglePort } from "../../model/ports.ts";
import { sensitivePort } from "../../model/sensitive-ports.ts";

interface AddPortProps {
  readonly workload: Workload;
  readonly busy: boolean;
  /** The request's fields other than ports. */
  readonly base: PutShare;
  readonly purpose: Purpose;
}

/**
 * `first`: the switch was flipped and only a port is missing, so the field takes the focus. `address`: a machine
 * exposes every port anyway, and the added port gets an address to open and copy.
 */
type Purpose = "first" | "another" | "address";

/** Adds a port that the container does not declare. */
export function AddPort({ workload, busy, base, purpose }: AddPortProps) {
  const { actions } = useSession();
  const [text, setText] = useState("");
  const [protocol, setProtocol] = useState(parseProtocol("tcp"));
  const port = parsePort(text);
  const typed = port === null ? null : { port, protocol };
  const known = typed && portLines(workload).some((line) => line.nodePort !== null && samePort(line, typed));
  const problem = problemOf(text, port, known === true);
  const name = fullName(workload);
  const words = WORDS[purpose];

  function send(event: FormEvent) {
    event.preventDefault();
    if (!typed || problem !== null || busy) return;
    void actions
      .share(workload, { ...base, ports: togglePort(workload, typed) })
      .then((done) => done && setText(""));
  }
  return (
    <Box component="form" onSubmit={send}>
      <Changes>
        <Box sx={{ display: "flex", gap: 1, alignItems: "flex-start", flexWrap: "wrap" }}>
          <TextField
            label={words.label}
            size="small"
            autoFocus={purpose === "first"}
            value={text}
            onChange={(event) => setText(event.target.value)}
            error={problem !== null}
            helperText={problem}
            sx={{ width: "9.5rem" }}
            slotProps={{ htmlInput: { inputMode: "numeric", "aria-label": `${words.field} of ${name}` } }}
          />
          <ProtocolField name={name} protocol={protocol} onChange={setProtocol} />
          <ActionButton
            type="submit"
            variant="outlined"
            off={typed === null || problem !== null || busy}
            aria-label={`${words.button} of ${name}`}
            sx={{ height: 40 }}
          >
            {words.button}
          </ActionButton>
        </Box>
      </Changes>
      {typed && sensitivePort(typed) && (
        <Typography role="status" sx={{ mt: 0.5 }}>
          {sensitivePort(typed)}
        </Typography>
      )}
    </Box>
  );
}

interface ProtocolFieldProps {
  /** The workload's full name. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly onChange: (protocol: Protocol) => void;
}

function ProtocolField({ name, protocol, onChange }: ProtocolFieldProps) {
  return (
    <TextField
      select
      size="small"
      label="Protocol"
      value={protocol}
      onChange={(event) => onChange(parseProtocol(event.target.value))}
      slotProps={{
        select: { native: true },
        htmlInput: { "aria-label": `Protocol of the port of ${name}` },
      }}
    >
      <option value="tcp">TCP</option>
      <option value="udp">UDP</option>
    </TextField>
  );
}

function problemOf(text: string, port: number | null, known: boolean): string | null {
  if (text === "") return null;
  if (port === null) return "A number from 1 to 65535.";
  return known ? "This port is already listed." : null;
}

const WORDS: Record<Purpose, { label: string; field: string; button: string }> = {
  first: { label: "Port", field: "Port to share", button: "Share port" },
  another: { label: "Port", field: "Port to share", button: "Share port" },
  address: { label: "Port", field: "Port to list", button: "Add address" },
};

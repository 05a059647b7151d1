import { Box, TextField } from "@mui/material";
import type { FormEvent } from "react";
import { Changes } from "../../common/changes.tsx";
import { useDraft } from "../../common/use-draft.ts";
import { useQueued } from "../../common/use-queued.ts";
import { parsePort } from "../../model/ports.ts";

interface PortFieldProps {
  readonly label: string;
  /** Accessible name, because the visible label repeats on every row. */
  readonly name: string;
  /** ID of the element that explains the effect of a different port. */
  readonly describedBy?: string;
  /** The saved port; null while there is none. */
  readonly port: number | null;
  readonly busy: boolean;
  readonly autoFocus?: boolean;
  /** Resolves to false when refused; the field then returns to the saved port. */
  readonly save: (port: number) => Promise<boolean>;
}

/** Saves on Enter or when the field loses focus, never half-typed. */
export function PortField(props: PortFieldProps) {
  const { label, name, describedBy, port, busy, autoFocus = false, save } = props;
  const saved = port === null ? "" : String(port);
  const [text, setText] = useDraft(saved);
  const typed = parsePort(text);

  const [moving, move] = useQueued<number>(busy, async (to) => {
    if (to !== port && !(await save(to))) setText(saved);
  });

  function send() {
    if (typed !== null && typed !== (moving ?? port)) move(typed);
  }
  return (
    <Box
      component="form"
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        send();
      }}
    >
      <Changes>
        <TextField
          label={label}
          size="small"
          value={text}
          autoFocus={autoFocus}
          error={typed === null && text !== saved}
          onChange={(event) => setText(event.target.value)}
          onBlur={send}
          sx={{ width: "8.5rem" }}
          slotProps={{
            htmlInput: { inputMode: "numeric", "aria-label": name, "aria-describedby": describedBy },
          }}
        />
      </Changes>
    </Box>
  );
}

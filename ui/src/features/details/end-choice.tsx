import { Box, Button, TextField, ToggleButton, ToggleButtonGroup, Typography } from "@mui/material";
import type { Workload } from "@tailnet-share/contract/workload";
import { type FormEvent, useId, useRef, useState } from "react";
import { useSession } from "../../api/session.tsx";
import { Changes } from "../../common/changes.tsx";
import { useQueued } from "../../common/use-queued.ts";
import { fullName } from "../../model/names.ts";
import { fromField, inHours, proposedEnd, toField } from "./end-time.ts";
import { useEndWords } from "./use-end-words.ts";

/** MUI writes such buttons in capitals. */
const NO_CAPITALS = { my: 0.75, "& .MuiToggleButton-root": { textTransform: "none" } };

interface EndChoiceProps {
  readonly workload: Workload;
  /** When the share ends; null for never. */
  readonly until: string | null;
  readonly busy: boolean;
}

interface End {
  readonly until: string | null;
}

/** Chooses when a share ends. Uses buttons that show the current choice instead of a select, because 'in an hour' means a different time at each click. */
export function EndChoice({ workload, until, busy }: EndChoiceProps) {
  const { actions, host } = useSession();
  const id = useId();
  const atButton = useRef<HTMLButtonElement>(null);
  const [asking, setAsking] = useState(false);
  const [wanted, want] = useQueued<End>(busy, (end) => actions.share(workload, end));
  const end = wanted ? wanted.until : until;
  const words = useEndWords(end) ?? "Shared until you turn it off";

  function set(next: string | null) {
    setAsking(false);
    if (next !== end) want({ until: next });
  }
  function setTyped(typed: string) {
    set(typed);
    // The field that had the focus is gone.
    atButton.current?.focus();
  }
  return (
    <Box role="group" aria-labelledby={`${id}-label`}>
      <Typography id={`${id}-label`} sx={{ fontWeight: 600 }}>
        Stop sharing
      </Typography>
      <Changes>
        <ToggleButtonGroup size="small" value={end === null ? "never" : "at"} sx={NO_CAPITALS}>
          <ToggleButton value="never" onClick={() => set(null)}>
            Never
          </ToggleButton>
          <ToggleButton value="in-1" onClick={() => set(inHours(1, host.clock.now()))}>
            In 1 hour
          </ToggleButton>
          <ToggleButton value="in-8" onClick={() => set(inHours(8, host.clock.now()))}>
            In 8 hours
          </ToggleButton>
          <ToggleButton
            ref={atButton}
            value="at"
            aria-expanded={asking}
            aria-controls={`${id}-at`}
            onClick={() => setAsking(!asking)}
          >
            Custom…
          </ToggleButton>
        </ToggleButtonGroup>
        <Box id={`${id}-at`} hidden={!asking}>
          {asking && <EndField name={fullName(workload)} end={end} onSet={setTyped} />}
        </Box>
      </Changes>
      <Typography color="text.secondary" aria-live="polite">
        {words}
      </Typography>
    </Box>
  );
}

interface EndFieldProps {
  readonly name: string;
  readonly end: string | null;
  readonly onSet: (until: string) => void;
}

function EndField({ name, end, onSet }: EndFieldProps) {
  const { clock } = useSession().host;
  const [text, setText] = useState(() => toField(end === null ? proposedEnd(clock.now()) : Date.parse(end)));
  const [problem, setProblem] = useState(false);

  function send(event: FormEvent) {
    event.preventDefault();
    const typed = fromField(text, clock.now());
    setProblem(typed === null);
    if (typed !== null) onSet(typed);
  }
  return (
    // The browser's own validation bubble would use another language and style.
    <Box
      component="form"
      noValidate
      onSubmit={send}
      sx={{ display: "flex", flexWrap: "wrap", gap: 1, py: 1 }}
    >
      <TextField
        label="Stop at"
        type="datetime-local"
        size="small"
        autoFocus
        value={text}
        error={problem}
        helperText={problem ? "Choose a time in the future." : ""}
        onChange={(event) => {
          setText(event.target.value);
          setProblem(false);
        }}
        slotProps={{
          inputLabel: { shrink: true },
          htmlInput: { min: toField(clock.now()), "aria-label": `Stop sharing ${name} at` },
        }}
      />
      <Button type="submit" variant="outlined" aria-label={`Set the end of ${name}`} sx={{ height: 40 }}>
        Set
      </Button>
    </Box>
  );
}

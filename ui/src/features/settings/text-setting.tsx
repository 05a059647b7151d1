import { Box, TextField } from "@mui/material";
import type { FormEvent } from "react";
import { useDraft } from "../../common/use-draft.ts";
import type { Problem } from "../../host/problem.ts";
import { SaveButton } from "./save-button.tsx";
import { Outcome } from "./saving-outcome.tsx";
import { useSaving } from "./use-saving.ts";

interface TextSettingProps {
  readonly label: string;
  readonly saved: string;
  readonly effect: string;
  readonly placeholder?: string;
  /** Number of lines of a multi-line text. */
  readonly lines?: number;
  /** Shown while saving. */
  readonly busy?: string;
  /** Called at every keystroke. */
  readonly problemOf: (text: string) => string | null;
  readonly save: (text: string) => Promise<Problem | null>;
}

export function TextSetting(props: TextSettingProps) {
  const { label, saved, effect, placeholder = "", lines = 1, busy = "Saving…", problemOf, save } = props;
  const [text, setText] = useDraft(saved);
  const { saving, run, reset } = useSaving();
  const problem = problemOf(text);
  const ready = problem === null && text !== saved && saving.state !== "saving";

  function send(event: FormEvent) {
    event.preventDefault();
    if (ready) void run(() => save(text));
  }
  return (
    <Box component="form" onSubmit={send} noValidate>
      <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1, alignItems: "flex-start" }}>
        <TextField
          label={label}
          size="small"
          placeholder={placeholder}
          {...(lines > 1 ? { multiline: true, rows: lines } : {})}
          value={text}
          error={problem !== null || saving.state === "refused"}
          helperText={problem ?? effect}
          onChange={(event) => {
            setText(event.target.value);
            reset();
          }}
          sx={{ flex: "1 1 240px" }}
          slotProps={{
            htmlInput: { autoComplete: "off", spellCheck: false },
            // A placeholder explains what an empty field means, so keep it visible before the user types.
            inputLabel: { shrink: true },
            formHelperText: { sx: { mx: 0 } },
          }}
        />
        <SaveButton ready={ready} name={`Save ${label.toLowerCase()}`} />
      </Box>
      <Outcome saving={saving} busy={busy} />
    </Box>
  );
}

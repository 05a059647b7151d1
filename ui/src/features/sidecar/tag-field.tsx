import { TextField } from "@mui/material";
import { useDraft } from "../../common/use-draft.ts";
import { tagProblem } from "../../model/preferences.ts";
import { TAILSCALE_IMAGE } from "./sidecar.ts";

interface TagFieldProps {
  /** An image tag; empty for the default. */
  readonly tag: string;
  readonly fallback: string;
  /** Called at every keystroke with a valid tag. */
  readonly onTag: (tag: string) => void;
}

/** Chooses which release of Tailscale's image to export. Rejects an invalid tag at once; the text keeps the last valid one. */
export function TagField({ tag, fallback, onTag }: TagFieldProps) {
  const [text, setText] = useDraft(tag);
  const problem = tagProblem(text);

  function change(next: string) {
    setText(next);
    if (tagProblem(next) === null) onTag(next);
  }
  return (
    <TextField
      label="Image tag"
      size="small"
      placeholder={fallback}
      value={text}
      error={problem !== null}
      helperText={
        problem === null
          ? `Which release of ${TAILSCALE_IMAGE}. Leave empty for ${fallback}, the bundled one.`
          : `${problem} Below stays ${tag || fallback}.`
      }
      onChange={(event) => change(event.target.value.trim())}
      sx={{ maxWidth: 480 }}
      slotProps={{
        htmlInput: { autoComplete: "off", spellCheck: false },
        // A placeholder explains what an empty field means, so keep it visible before the user types.
        inputLabel: { shrink: true },
        formHelperText: { sx: { mx: 0 } },
      }}
    />
  );
}

import { TextField } from "@mui/material";
import { useDraft } from "../../common/use-draft.ts";
import { tagProblem } from "../../model/preferences.ts";
import { TAILSCALE_IMAGE } from "./sidecar.ts";

interface TagFieldProps {
  /** Empty for the default. */
  readonly tag: string;
  readonly fallback: string;
  /** Called at every key with what can be a tag. */
  readonly onTag: (tag: string) => void;
}

/** Which release of Tailscale's image is exported. What is no tag is refused at once, and the last one stays in the text. */
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
          ? `Which release of ${TAILSCALE_IMAGE}. Leave it empty for ${fallback}, the one of this extension.`
          : `${problem} Below stays ${tag || fallback}.`
      }
      onChange={(event) => change(event.target.value.trim())}
      sx={{ maxWidth: 480 }}
      slotProps={{
        htmlInput: { autoComplete: "off", spellCheck: false },
        // A placeholder says what an empty field means, so it is on view before somebody types.
        inputLabel: { shrink: true },
        formHelperText: { sx: { mx: 0 } },
      }}
    />
  );
}

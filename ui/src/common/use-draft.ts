import { useState } from "react";

/** Holds a field's text: the user's draft until a different saved value replaces it. */
export function useDraft(saved: string): readonly [string, (text: string) => void] {
  const [draft, setDraft] = useState({ saved, text: saved });
  // Runs during render, not after it, so that no keystroke in between is lost.
  if (draft.saved !== saved) setDraft({ saved, text: saved });
  return [draft.text, (text) => setDraft((before) => ({ ...before, text }))];
}

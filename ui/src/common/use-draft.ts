import { useState } from "react";

/** What stands in a field: what is typed, until something else is saved, which takes its place. */
export function useDraft(saved: string): readonly [string, (text: string) => void] {
  const [draft, setDraft] = useState({ saved, text: saved });
  // While drawing and not after it, so that a key that is pressed in between is not lost.
  if (draft.saved !== saved) setDraft({ saved, text: saved });
  return [draft.text, (text) => setDraft((before) => ({ ...before, text }))];
}

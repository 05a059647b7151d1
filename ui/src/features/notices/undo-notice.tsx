import { Button, SnackbarContent } from "@mui/material";
import { type FocusEvent, useEffect, useRef, useState } from "react";
import type { Undo } from "../../api/notices.ts";
import { useSession } from "../../api/session.tsx";
import { isUndoKey, UNDO_KEYS } from "../../host/undo-key.ts";
import { useTimeLeft } from "./use-time-left.ts";

const UNDO_MS = 8_000;

/** Offers an undo after something was switched off. The timer pauses on hover and focus. */
export function UndoNotice({ undo }: { undo: Undo }) {
  const { notices } = useSession();
  const [pointed, setPointed] = useState(false);
  const [focused, setFocused] = useState(false);
  const cameFrom = useRef<Element | null>(null);
  useTimeLeft(undo, UNDO_MS, pointed || focused, () => notices.undo.set(null));

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!isUndoKey(event)) return;
      event.preventDefault();
      notices.undoAll();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [notices]);

  function takeBack() {
    notices.undoAll();
    // The button disappears with its notice.
    if (cameFrom.current instanceof HTMLElement) cameFrom.current.focus();
  }
  return (
    <SnackbarContent
      // The announcer already reads it; a second, assertive region would repeat it.
      role="group"
      aria-label="Last action"
      message={undo.text}
      onMouseEnter={() => setPointed(true)}
      onMouseLeave={() => setPointed(false)}
      onFocus={({ relatedTarget }: FocusEvent) => {
        if (relatedTarget) cameFrom.current = relatedTarget;
        setFocused(true);
      }}
      onBlur={() => setFocused(false)}
      action={
        <Button
          color="inherit"
          size="small"
          sx={{ fontWeight: 700 }}
          aria-keyshortcuts={UNDO_KEYS.aria}
          data-hint={`Undo (${UNDO_KEYS.words})`}
          onClick={takeBack}
        >
          Undo
        </Button>
      }
    />
  );
}

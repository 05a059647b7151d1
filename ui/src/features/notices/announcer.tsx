import { Box } from "@mui/material";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { useEffect, useRef, useState } from "react";
import { useSession, useSnapshot } from "../../api/session.tsx";
import { useStore } from "../../api/store.ts";
import { VISUALLY_HIDDEN } from "../../common/styles.ts";
import { UNDO_KEYS } from "../../host/undo-key.ts";
import { announcement } from "./announcement.ts";

/** Announces changes to screen readers, after their current speech. */
export function Announcer() {
  const { notices } = useSession();
  const snapshot = useSnapshot();
  const message = useStore(notices.message);
  const undo = useStore(notices.undo);
  const before = useRef<Snapshot | undefined>(undefined);
  const [words, setWords] = useState("");

  useEffect(() => {
    const said = before.current && snapshot ? announcement(before.current, snapshot) : "";
    before.current = snapshot;
    if (said) setWords(said);
  }, [snapshot]);

  return (
    <Box role="status" aria-live="polite" aria-label="Changes" sx={VISUALLY_HIDDEN}>
      <p>{words}</p>
      {message && <p key={message.key}>{message.text}</p>}
      {undo && <p key={`undo-${undo.key}`}>{`${undo.text}. Press ${UNDO_KEYS.words} to undo.`}</p>}
    </Box>
  );
}

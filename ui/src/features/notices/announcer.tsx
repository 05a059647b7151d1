import { Box } from "@mui/material";
import { useEffect, useMemo, useState } from "react";
import { useSession, useSnapshot } from "../../api/session.tsx";
import { useStore } from "../../api/store.ts";
import { VISUALLY_HIDDEN } from "../../common/styles.ts";
import { UNDO_KEYS } from "../../host/undo-key.ts";
import { createAnnouncements } from "./announcements.ts";

/** Announces changes to screen readers, after their current speech. */
export function Announcer() {
  const { notices, host } = useSession();
  const snapshot = useSnapshot();
  const message = useStore(notices.message);
  const undo = useStore(notices.undo);
  const [words, setWords] = useState("");
  const announcements = useMemo(() => createAnnouncements(host.clock, setWords), [host.clock]);
  useEffect(() => () => announcements.stop(), [announcements]);
  useEffect(() => {
    if (snapshot) announcements.take(snapshot);
  }, [announcements, snapshot]);

  return (
    <Box role="status" aria-live="polite" aria-label="Changes" sx={VISUALLY_HIDDEN}>
      <p>{words}</p>
      {message && <p key={message.key}>{message.text}</p>}
      {undo && <p key={`undo-${undo.key}`}>{`${undo.text}. Press ${UNDO_KEYS.words} to undo.`}</p>}
    </Box>
  );
}

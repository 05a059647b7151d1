import { Box } from "@mui/material";
import type { Snapshot } from "@tailnet-share/contract/model";
import { useEffect, useRef, useState } from "react";
import { useSession, useSnapshot } from "../api/session.tsx";
import { useStore } from "../api/store.ts";
import { announcement } from "../model/announce.ts";
import { VISUALLY_HIDDEN } from "./layout.ts";

/** Says changes to screen readers, after whatever they are saying now. */
export function Announcer() {
  const { notices } = useSession();
  const snapshot = useSnapshot();
  const notice = useStore(notices.current);
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
      {notice && notice.kind !== "error" && <p key={notice.key}>{notice.text}</p>}
    </Box>
  );
}

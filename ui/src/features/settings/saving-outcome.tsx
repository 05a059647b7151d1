import { Box, Typography } from "@mui/material";
import { useEffect, useRef } from "react";
import { FaultAlert } from "../../common/fault-alert.tsx";
import { intoView } from "../../host/browser.ts";
import type { Saving } from "./use-saving.ts";

interface OutcomeProps {
  readonly saving: Saving;
  readonly busy?: string;
  readonly done?: string;
}

/** Reported next to the setting, because screen readers skip everything behind a dialog. */
export function Outcome({ saving, busy = "Saving…", done = "Saved" }: OutcomeProps) {
  const box = useRef<HTMLDivElement>(null);
  // The outcome may appear below the visible area.
  useEffect(() => {
    if (saving.state === "refused") intoView(box.current);
  }, [saving.state]);
  return (
    <Box ref={box} sx={{ mt: saving.state === "idle" ? 0 : 1 }}>
      <Box aria-live="polite">
        {(saving.state === "saving" || saving.state === "saved") && (
          <Typography color="text.secondary">{saving.state === "saved" ? done : busy}</Typography>
        )}
      </Box>
      {/* Outside: an alert is read out by itself. */}
      {saving.state === "refused" && <FaultAlert severity="error" fault={saving.problem} />}
    </Box>
  );
}

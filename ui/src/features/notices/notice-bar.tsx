import { Alert, Box, SnackbarContent } from "@mui/material";
import { useSession } from "../../api/session.tsx";
import { useStore } from "../../api/store.ts";
import { UndoNotice } from "./undo-notice.tsx";
import { useTimeLeft } from "./use-time-left.ts";

const INFO_MS = 3_000;

/**
 * Shows outcomes at the bottom, above everything else, so that none of them moves a row. It comes first in the document:
 * behind a thousand rows, keyboard users could not reach 'Undo' before it disappears.
 */
export function NoticeBar() {
  const { notices } = useSession();
  const undo = useStore(notices.undo);
  return (
    <Box
      component="section"
      aria-label="Messages"
      sx={{
        position: "fixed",
        zIndex: "snackbar",
        left: { xs: 8, sm: 24 },
        right: { xs: 8, sm: "auto" },
        bottom: { xs: 8, sm: 24 },
        display: "flex",
        flexDirection: "column",
        alignItems: "flex-start",
        gap: 1,
        maxWidth: { sm: 560 },
        overflowWrap: "anywhere",
        pointerEvents: "none",
        "& > *": { pointerEvents: "auto" },
      }}
    >
      <Failure />
      <Message />
      {undo && <UndoNotice undo={undo} />}
    </Box>
  );
}

/** Stays until the user closes it. */
function Failure() {
  const { failure } = useSession().notices;
  const current = useStore(failure);
  if (!current) return null;
  const { key, text, cause, hint } = current;
  return (
    <Alert
      key={key}
      severity="error"
      variant="standard"
      elevation={6}
      onClose={() => failure.set(null)}
      sx={{ "& .MuiAlert-message": { minWidth: 0 } }}
    >
      <strong>{text}</strong> {cause} {hint}
    </Alert>
  );
}

function Message() {
  const { message } = useSession().notices;
  const current = useStore(message);
  useTimeLeft(current, INFO_MS, false, () => message.set(null));
  if (!current) return null;
  // The announcer already reads it; a second, assertive region would repeat it.
  return <SnackbarContent role="group" aria-label="Message" message={current.text} />;
}

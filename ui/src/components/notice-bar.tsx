import { Alert, Button, Snackbar, SnackbarContent } from "@mui/material";
import type { Notice } from "../api/notices.ts";
import { useSession } from "../api/session.tsx";
import { useStore } from "../api/store.ts";

const UNDO_MS = 8_000;
const INFO_MS = 3_000;

/** Outcomes pass by at the bottom; what failed stays until it is closed. */
export function NoticeBar() {
  const { notices } = useSession();
  const notice = useStore(notices.current);
  if (!notice) return null;
  return (
    <Snackbar
      key={notice.key}
      open
      autoHideDuration={shownFor(notice)}
      onClose={(_event, reason) => reason !== "clickaway" && notices.dismiss()}
    >
      {notice.kind === "error" ? (
        <Alert
          severity="error"
          variant="standard"
          elevation={6}
          onClose={() => notices.dismiss()}
          sx={{ maxWidth: 560, overflowWrap: "anywhere", "& .MuiAlert-message": { minWidth: 0 } }}
        >
          <strong>{notice.text}</strong> {notice.cause} {notice.hint}
        </Alert>
      ) : (
        // The announcer reads it out; a second, assertive region would read it twice.
        <SnackbarContent
          role="group"
          aria-label="Last action"
          message={notice.text}
          sx={{ overflowWrap: "anywhere" }}
          action={
            notice.kind === "undo" && (
              <Button
                color="inherit"
                size="small"
                sx={{ fontWeight: 700 }}
                onClick={() => {
                  notices.dismiss();
                  notice.undo();
                }}
              >
                Undo
              </Button>
            )
          }
        />
      )}
    </Snackbar>
  );
}

function shownFor(notice: Notice): number | null {
  switch (notice.kind) {
    case "error":
      return null;
    case "undo":
      return UNDO_MS;
    case "info":
      return INFO_MS;
  }
}

import { Alert, Typography } from "@mui/material";
import type { Update } from "@tailnet-share/contract/node";
import { useState } from "react";
import { useSession } from "../../api/session.tsx";
import { DISMISSED_KEY, dismiss, openUpdates, parseDismissed } from "./updates.ts";

/** Shows newer releases that the user has not dismissed. Dismissing one release does not dismiss the next. */
export function UpdateNotices({ updates }: { updates: readonly Update[] }) {
  const { host } = useSession();
  const [dismissed, setDismissed] = useState(() => parseDismissed(host.recall(DISMISSED_KEY)));

  function close(key: string) {
    const next = dismiss(dismissed, key);
    setDismissed(next);
    host.remember(DISMISSED_KEY, JSON.stringify(next));
  }
  return openUpdates(updates, dismissed, host.words).map(({ key, security, message, hint }) => (
    <Alert
      key={key}
      severity={security ? "warning" : "info"}
      role="status"
      closeText="Dismiss this notice"
      onClose={() => close(key)}
    >
      <Typography sx={{ fontWeight: security ? 600 : 400 }}>{message}</Typography>
      <Typography>{hint}</Typography>
    </Alert>
  ));
}

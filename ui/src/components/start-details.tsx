import { Box, Button, Typography } from "@mui/material";
import { useState } from "react";
import { useSession } from "../api/session.tsx";
import { CopyButton } from "./copy-button.tsx";

const LINES = 20;

type Log =
  | { readonly state: "none" | "asking" | "failed" }
  | { readonly state: "read"; readonly text: string };

/** The last lines of the node's log, on demand. */
export function StartDetails() {
  const { actions } = useSession();
  const [log, setLog] = useState<Log>({ state: "none" });

  async function read() {
    setLog({ state: "asking" });
    const answer = await actions.diagnostics();
    if (!answer) return setLog({ state: "failed" });
    const lines = [...answer.health, ...answer.tailscaledLog.slice(-LINES)];
    setLog({ state: "read", text: lines.join("\n") || "The log is empty so far." });
  }
  return (
    <Box>
      <Button size="small" disabled={log.state === "asking"} onClick={() => void read()}>
        Details
      </Button>
      {log.state === "read" && (
        <>
          <CopyButton text={log.text} name="the details" />
          <Box
            component="pre"
            // Scrollable, so it must be reachable by keyboard.
            tabIndex={0}
            aria-label="Last lines of the log"
            sx={{
              m: 0,
              p: 1.5,
              maxHeight: 240,
              overflow: "auto",
              bgcolor: "action.hover",
              borderRadius: 1,
              fontSize: 12,
            }}
          >
            {log.text}
          </Box>
        </>
      )}
      {log.state === "failed" && (
        <Typography variant="body2" color="text.secondary">
          The backend did not hand out its log. Look at the extension's container in Docker Desktop.
        </Typography>
      )}
    </Box>
  );
}

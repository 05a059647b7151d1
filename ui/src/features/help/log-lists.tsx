import { Box, Skeleton, Stack, Typography } from "@mui/material";
import { useEffect, useId, useRef } from "react";
import { useSession } from "../../api/session.tsx";
import { ActionButton } from "../../common/action-button.tsx";
import { CopyButton } from "../../common/copy-button.tsx";
import { FaultAlert } from "../../common/fault-alert.tsx";
import { useLogs } from "./use-logs.ts";

/** Shows the last log lines of both backend programs for troubleshooting. Loaded on demand. */
export default function LogLists() {
  const { host } = useSession();
  const { logs, problem, asking, refresh } = useLogs();
  return (
    <Stack spacing={1.5}>
      <Box sx={{ display: "flex", alignItems: "center", gap: 1.5, flexWrap: "wrap" }}>
        <Typography color="text.secondary" sx={{ flex: 1, minWidth: 200 }}>
          Newest lines last. Secrets are removed.
        </Typography>
        <ActionButton size="small" variant="outlined" off={asking} onClick={refresh}>
          {asking ? "Asking…" : "Refresh"}
        </ActionButton>
      </Box>
      {problem && (
        <FaultAlert
          severity="warning"
          fault={{
            ...problem,
            message: "Couldn't load the logs.",
            hint: `${problem.message} ${host.words.logs}`,
          }}
        />
      )}
      {(logs !== null || problem === null) && (
        <>
          <LogList title="Backend" name="the backend's last lines" lines={logs?.backend} />
          <LogList title="Tailscale" name="Tailscale's last lines" lines={logs?.tailscaled} />
        </>
      )}
    </Stack>
  );
}

interface LogListProps {
  readonly title: string;
  /** Completes 'Copy …'. */
  readonly name: string;
  /** The lines to show; undefined while loading. */
  readonly lines: readonly string[] | undefined;
}

/** Has a fixed height, so that nothing moves when the lines arrive. */
function LogList({ title, name, lines }: LogListProps) {
  const id = useId();
  const box = useRef<HTMLPreElement>(null);
  const text = lines?.join("\n") ?? "";
  useEffect(() => {
    if (box.current && text !== "") box.current.scrollTop = box.current.scrollHeight;
  }, [text]);
  return (
    <Box>
      <Box sx={{ display: "flex", alignItems: "center", gap: 0.5, minHeight: 30 }}>
        <Typography id={id} variant="subtitle2" component="h3">
          {title}
        </Typography>
        {text !== "" && <CopyButton text={text} name={name} summary={name} />}
      </Box>
      <Box
        ref={box}
        component="pre"
        role="region"
        // Scrollable, so it must be reachable by keyboard.
        tabIndex={0}
        aria-labelledby={id}
        sx={{
          m: 0,
          p: 1.5,
          height: 180,
          overflow: "auto",
          border: 1,
          borderColor: "divider",
          borderRadius: 1,
          fontSize: "0.75rem",
          lineHeight: 1.5,
          whiteSpace: "pre-wrap",
          overflowWrap: "anywhere",
        }}
      >
        {lines === undefined ? <Skeleton width="60%" /> : text || "No lines yet."}
      </Box>
    </Box>
  );
}

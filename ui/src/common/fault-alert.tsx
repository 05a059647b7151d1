import { Alert, Typography } from "@mui/material";
import type { ReactNode } from "react";
import { CopyButton } from "./copy-button.tsx";

interface FaultAlertProps {
  readonly severity: "error" | "warning" | "info";
  readonly fault: {
    readonly code: string;
    readonly message: string;
    readonly hint: string;
    readonly command?: string | undefined;
  };
  readonly action?: ReactNode;
  /** The subject, on its own line. */
  readonly children?: ReactNode;
}

/** Shows what happened, what to do next, and the code to search for. */
export function FaultAlert({ severity, fault, action, children }: FaultAlertProps) {
  return (
    <Alert severity={severity} action={action} role={severity === "error" ? "alert" : "status"}>
      <Typography sx={{ fontWeight: 600, overflowWrap: "anywhere" }}>{fault.message}</Typography>
      {children && <Typography sx={{ overflowWrap: "anywhere" }}>{children}</Typography>}
      {fault.hint && (
        <Typography sx={{ overflowWrap: "anywhere" }}>
          {fault.hint}
          {fault.command && <CopyButton text={fault.command} name="the command" />}
        </Typography>
      )}
      <Typography variant="caption" sx={{ opacity: 0.8, fontFamily: "monospace" }}>
        {fault.code}
      </Typography>
    </Alert>
  );
}

import { Button } from "@mui/material";
import type { Link } from "../api/feed.ts";
import { useSession } from "../api/session.tsx";
import { FaultAlert } from "../common/fault-alert.tsx";
import { isLost } from "../model/outage.ts";

/** Warns that the content below may be stale because the backend became unreachable. */
export function LinkBanner({ link }: { link: Link }) {
  const { feed } = useSession();
  if (!isLost(link) || !link.problem) return null;
  const fault = {
    code: link.problem.code,
    message: "Reconnecting… This page may be out of date.",
    hint: `${link.problem.message}`,
  };
  return (
    <FaultAlert
      severity="warning"
      fault={fault}
      action={
        <Button color="inherit" size="small" onClick={() => feed.retry()}>
          Try again
        </Button>
      }
    />
  );
}

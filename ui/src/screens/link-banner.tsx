import { Button } from "@mui/material";
import type { Link } from "../api/feed.ts";
import { useSession } from "../api/session.tsx";
import { FaultAlert } from "../common/fault-alert.tsx";

/** A single lost poll is no news; two in a row are. */
const NEWS = 2;

/** What is shown below may be out of date: the backend went away under it. */
export function LinkBanner({ link }: { link: Link }) {
  const { feed } = useSession();
  if (link.failures < NEWS || !link.problem) return null;
  const fault = {
    code: link.problem.code,
    message: "What you see may be out of date.",
    hint: `${link.problem.message} The panel keeps trying.`,
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

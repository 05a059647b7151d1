import { Alert, Button, Stack, Typography } from "@mui/material";
import { assertNever } from "@tailnet-share/contract/errors";
import { useSession } from "../../api/session.tsx";
import { Changes } from "../../common/changes.tsx";
import { FaultAlert } from "../../common/fault-alert.tsx";
import { LazyPart } from "../../common/lazy-part.tsx";
import { lazyPart } from "../../common/load-part.ts";
import { useLate } from "../../common/use-late.ts";
import type { ListNode } from "../../model/screen.ts";
import { LoginLink } from "../sign-in/login-link.tsx";

const KeyRenewal = lazyPart(() => import("./key-renewal.tsx"));

/** Explains above the list why nothing is reachable, and what to do about it. */
export function NodeBanner({ node }: { node: ListNode }) {
  const { actions } = useSession();
  switch (node.state) {
    case "connected":
      return (
        node.renewal && (
          <LazyPart>
            <KeyRenewal renewal={node.renewal} />
          </LazyPart>
        )
      );
    case "connecting":
      return <StillConnecting waitsFor={node.waitsFor} />;
    case "paused":
      return (
        <Alert
          severity="info"
          role="status"
          action={
            <Changes>
              <Button
                variant="contained"
                size="small"
                onClick={() => void actions.patchNode({ connected: true })}
              >
                Resume
              </Button>
            </Changes>
          }
        >
          Sharing is paused. Resume to make your shares reachable again.
        </Alert>
      );
    case "expired":
      return (
        <Stack spacing={1.5} sx={{ pb: 1 }}>
          <Alert
            severity="warning"
            role="status"
            action={
              node.login === null && (
                <Changes>
                  <Button variant="contained" size="small" onClick={() => void actions.login({})}>
                    Reauthenticate
                  </Button>
                </Changes>
              )
            }
          >
            <Typography>This node's key expired or was revoked. Reauthenticate to resume sharing.</Typography>
          </Alert>
          {node.fault && <FaultAlert severity="error" fault={node.fault} />}
          {node.login && <LoginLink url={node.login.url} compact />}
        </Stack>
      );
    default:
      return assertNever(node);
  }
}

/** Most connections take a second, and the header's words are enough. */
function StillConnecting({ waitsFor }: { waitsFor: string }) {
  const { actions } = useSession();
  if (!useLate(waitsFor)) return null;
  return (
    <Alert
      severity="warning"
      role="status"
      action={
        <Changes>
          <Button color="inherit" size="small" onClick={() => void actions.patchNode({ connected: true })}>
            Try again
          </Button>
        </Changes>
      }
    >
      Still waiting for {waitsFor}. Shares may be unavailable. Check your internet connection.
    </Alert>
  );
}

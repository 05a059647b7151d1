import { Button, Paper, Stack, Typography } from "@mui/material";
import type { NodeState } from "@tailnet-share/contract/node";
import { useMayChange, useSession } from "../../api/session.tsx";
import { Changes } from "../../common/changes.tsx";
import { FaultAlert } from "../../common/fault-alert.tsx";
import { LoginLink } from "../sign-in/login-link.tsx";

type Renewal = NonNullable<Extract<NodeState, { state: "connected" }>["renewal"]>;

/** Shows a requested key renewal and says that shares stay reachable meanwhile. Loaded on demand. */
export default function KeyRenewal({ renewal }: { renewal: Renewal }) {
  const { actions } = useSession();
  const { url, fault } = renewal;
  const mayChange = useMayChange();
  return (
    <Paper variant="outlined" component="section" aria-label="Key renewal" sx={{ p: 2 }}>
      <Stack spacing={1.5}>
        <Typography>
          <strong>{mayChange ? "Renew this node's key." : "This node's key is being renewed."}</strong>{" "}
          {mayChange && "Log in again as the same user. "}Sharing continues and addresses stay the same.
        </Typography>
        {fault && <FaultAlert severity="error" fault={fault} />}
        {fault && url === null ? (
          <Stack direction="row" spacing={1} useFlexGap>
            <Changes>
              <Button variant="outlined" onClick={() => void actions.cancelLogin()}>
                Cancel
              </Button>
              <Button onClick={() => void actions.login({ fresh: true })}>Try again</Button>
            </Changes>
          </Stack>
        ) : (
          <LoginLink url={url} compact />
        )}
      </Stack>
    </Paper>
  );
}

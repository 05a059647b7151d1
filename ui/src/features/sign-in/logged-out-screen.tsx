import { Box, Button, Typography } from "@mui/material";
import type { Login } from "@tailnet-share/contract/log-in";
import type { NodeState } from "@tailnet-share/contract/node";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { useState } from "react";
import { useSession } from "../../api/session.tsx";
import { ActionButton } from "../../common/action-button.tsx";
import { Centred } from "../../common/centred.tsx";
import { Changes } from "../../common/changes.tsx";
import { ExternalLink } from "../../common/external-link.tsx";
import { FaultAlert } from "../../common/fault-alert.tsx";
import { LastingFaults } from "../../common/lasting-faults.tsx";
import { LazyPart } from "../../common/lazy-part.tsx";
import { lazyPart } from "../../common/load-part.ts";
import { ABOUT_TAILSCALE } from "../../model/help.ts";
import { type LoginForm, loginProblem, loginRequest } from "../../model/login-form.ts";
import { KeptShares } from "./kept-shares.tsx";
import { LoginLink } from "./login-link.tsx";

/** Lazy, because its fields would be most of the code that the first screen loads. */
const LoginOptions = lazyPart(() => import("./login-options.tsx"));
/** Height of three folded options, in pixels. */
const OPTIONS_HEIGHT = 92;

interface LoggedOutProps {
  readonly node: Extract<NodeState, { state: "logged-out" }>;
  readonly snapshot: Snapshot;
}

export function LoggedOutScreen({ node, snapshot }: LoggedOutProps) {
  // Saving in the settings dialog replaces the text in the options.
  const asked = `${snapshot.settings.controlUrl} ${snapshot.settings.hostname}`;
  return (
    <Centred>
      <Typography variant="h5" component="h2">
        Share containers over Tailscale
      </Typography>
      <Typography>
        Open your containers from your phone, another computer or CI. Nothing is shared until you turn it on.
      </Typography>
      {snapshot.accounts.length === 0 && (
        <Typography>
          <ExternalLink href={ABOUT_TAILSCALE}>New to Tailscale?</ExternalLink>
        </Typography>
      )}
      {node.fault && <FaultAlert severity="error" fault={node.fault} />}
      <LastingFaults snapshot={snapshot} />
      {node.login ? <LoginLink url={node.login.url} /> : <LoginStart key={asked} snapshot={snapshot} />}
      <KeptShares snapshot={snapshot} until="you log in" />
      <GoBack snapshot={snapshot} />
    </Centred>
  );
}

function LoginStart({ snapshot: { settings } }: { snapshot: Snapshot }) {
  const { actions } = useSession();
  const [form, setForm] = useState<LoginForm>({
    controlUrl: settings.controlUrl,
    hostname: settings.hostname,
  });
  const [sending, setSending] = useState(false);
  const problem = loginProblem(form);

  async function send(login: Login) {
    setSending(true);
    await actions.login(login);
    setSending(false);
  }
  return (
    <>
      <Box sx={{ display: "flex", alignItems: "center", gap: 2 }}>
        <Changes>
          <ActionButton
            variant="contained"
            size="large"
            sx={{ flex: "none" }}
            off={sending || problem !== null}
            onClick={() => void send(loginRequest(form))}
          >
            {sending ? "Logging in…" : "Log in"}
          </ActionButton>
        </Changes>
        {problem && (
          <Typography color="error" role="status">
            Fix the options below first.
          </Typography>
        )}
      </Box>
      <LazyPart fallback={<Box sx={{ height: OPTIONS_HEIGHT }} />}>
        <LoginOptions
          form={form}
          onChange={setForm}
          onAuthKey={(key) => void send(loginRequest(form, key))}
          blocked={sending || problem !== null}
        />
      </LazyPart>
    </>
  );
}

/** Offers the way back to a working account after starting a login to another one. */
function GoBack({ snapshot: { accounts } }: { snapshot: Snapshot }) {
  const { actions } = useSession();
  return (
    <Box>
      <Changes>
        {accounts.map(({ id, user, tailnet }) => (
          <Button key={id} size="small" onClick={() => void actions.patchNode({ account: id })}>
            Go back to {user} on {tailnet}
          </Button>
        ))}
      </Changes>
    </Box>
  );
}

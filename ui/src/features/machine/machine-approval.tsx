import { Alert, Box, Typography } from "@mui/material";
import { assertNever } from "@tailnet-share/contract/errors";
import type { Workload } from "@tailnet-share/contract/workload";
import { useMayChange, useSnapshot } from "../../api/session.tsx";
import { LINK_HIDDEN } from "../../common/changes.tsx";
import { CopyButton } from "../../common/copy-button.tsx";
import { Disclosure } from "../../common/disclosure.tsx";
import { ExternalButton } from "../../common/external-link.tsx";
import { Spinner } from "../../common/spinner.tsx";
import { useLate } from "../../common/use-late.ts";
import { trustCredentials } from "../../model/help.ts";
import { fullName } from "../../model/names.ts";
import type { Status } from "../../model/status.ts";
import { LazyQrCode } from "../address/qr-button.tsx";
import { Credential } from "../settings/credential.tsx";

type Approval = Extract<Status, { kind: "needs-approval" }>;

/** Asks a person to approve a machine for the tailnet. The panel continues when that has happened. */
export function MachineApproval({ workload, status }: { workload: Workload; status: Approval }) {
  const { by, url } = status;
  const name = fullName(workload);
  const mayChange = useMayChange();
  if (url === null && !mayChange)
    return <Typography>This machine waits for its login. {LINK_HIDDEN}</Typography>;
  if (url === null) return <NoLink name={name} />;
  return (
    <Box sx={{ display: "flex", flexWrap: "wrap", gap: 2.5, alignItems: "center" }}>
      <LazyQrCode text={url} name={`the approval link of ${name}`} />
      <Box sx={{ flex: 1, minWidth: 220 }}>
        <Typography>{sentence(by)}</Typography>
        <Box sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: 1, pt: 1 }}>
          <ExternalButton href={url}>{buttonWords(by)}</ExternalButton>
          <CopyButton text={url} name={`the approval link of ${name}`} />
        </Box>
        <Typography color="text.secondary" sx={{ pt: 1, overflowWrap: "anywhere" }}>
          {url}
        </Typography>
        {by === "log-in" && <JoinByItself />}
      </Box>
    </Box>
  );
}

/** Offers to save a credential here, so that this machine and later ones join without a person. */
function JoinByItself() {
  const snapshot = useSnapshot();
  const mayChange = useMayChange();
  // A stored credential that didn't help has its own fault.
  if (!snapshot || !mayChange || snapshot.settings.machineCredential.kind !== "none") return null;
  return (
    <Box sx={{ pt: 1 }}>
      <Disclosure title="Skip this for every machine">
        <Credential
          credential={snapshot.settings.machineCredential}
          begins={trustCredentials(snapshot) === null ? "auth-key" : "oauth"}
        />
      </Disclosure>
    </Box>
  );
}

function sentence(by: Approval["by"]): string {
  switch (by) {
    case "log-in":
      return "Log in this machine once.";
    case "admin":
      return "An admin must approve this device. Approve it in the admin console or send the link to your admin.";
    default:
      return assertNever(by);
  }
}

function buttonWords(by: Approval["by"]): string {
  switch (by) {
    case "log-in":
      return "Open the login link";
    case "admin":
      return "Open the admin console";
    default:
      return assertNever(by);
  }
}

function NoLink({ name }: { name: string }) {
  if (useLate(`the link of ${name}`)) {
    return (
      <Alert severity="warning" role="status">
        No link yet. Check your internet connection, or turn the share off and on again.
      </Alert>
    );
  }
  return (
    <Box sx={{ display: "flex", alignItems: "center", gap: 1.5, minHeight: 40 }}>
      <Spinner />
      <Typography>Getting the machine's link…</Typography>
    </Box>
  );
}

import { Typography } from "@mui/material";
import { Centred } from "../../common/centred.tsx";
import { CopyButton } from "../../common/copy-button.tsx";
import { ExternalButton } from "../../common/external-link.tsx";

export function NeedsApprovalScreen({ adminUrl }: { adminUrl: string }) {
  return (
    <Centred>
      <Typography variant="h5" component="h2">
        Waiting for approval
      </Typography>
      <Typography>
        This tailnet lets an administrator approve every new device. Approve this one in the admin console, or
        ask your tailnet's administrator. The panel continues automatically.
      </Typography>
      <div>
        <ExternalButton href={adminUrl}>Open the admin console</ExternalButton>
        <CopyButton text={adminUrl} name="the admin console's address" />
      </div>
    </Centred>
  );
}

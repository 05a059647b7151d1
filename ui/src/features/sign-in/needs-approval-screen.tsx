import { Typography } from "@mui/material";
import { Centred } from "../../common/centred.tsx";
import { CopyButton } from "../../common/copy-button.tsx";
import { ExternalButton } from "../../common/external-link.tsx";

export function NeedsApprovalScreen({ adminUrl }: { adminUrl: string }) {
  return (
    <Centred>
      <Typography variant="h5" component="h2">
        Needs approval
      </Typography>
      <Typography>
        An admin must approve this device. Approve it in the admin console or ask your admin. This page
        updates automatically.
      </Typography>
      <div>
        <ExternalButton href={adminUrl}>Open the admin console</ExternalButton>
        <CopyButton text={adminUrl} name="the admin console's address" />
      </div>
    </Centred>
  );
}

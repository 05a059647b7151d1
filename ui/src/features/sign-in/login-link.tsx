import { Alert, Box, Button, Stack, Typography } from "@mui/material";
import type { ReactNode } from "react";
import { useMayChange, useSession } from "../../api/session.tsx";
import { Changes, LINK_HIDDEN } from "../../common/changes.tsx";
import { CopyButton } from "../../common/copy-button.tsx";
import { ExternalLink } from "../../common/external-link.tsx";
import { Spinner } from "../../common/spinner.tsx";
import { useLate } from "../../common/use-late.ts";
import { LazyQrCode } from "../address/qr-button.tsx";

interface LoginLinkProps {
  readonly url: string | null;
  /** For use above a list: places everything beside the code to leave more room for the list. */
  readonly compact?: boolean;
}

/** Shows a login in progress. The browser is already open; the link is a fallback in case that failed. */
export function LoginLink({ url, compact = false }: LoginLinkProps) {
  if (!useMayChange()) return <Typography>A login is in progress. {LINK_HIDDEN}</Typography>;
  if (url === null || !compact) {
    return (
      <Stack spacing={2}>
        {url === null ? <WaitingForLink /> : <Waiting />}
        {url !== null && (
          <Beside code={url}>
            <Link url={url} />
          </Beside>
        )}
        <Choices />
      </Stack>
    );
  }
  return (
    <Beside code={url}>
      <Stack spacing={1}>
        <Waiting />
        <Link url={url} />
        <Choices />
      </Stack>
    </Beside>
  );
}

function Choices() {
  const { actions } = useSession();
  return (
    <Stack direction="row" spacing={1} useFlexGap>
      <Changes>
        <Button variant="outlined" onClick={() => void actions.cancelLogin()}>
          Cancel
        </Button>
        <Button onClick={() => void actions.login({ fresh: true })}>Get a new link</Button>
      </Changes>
    </Stack>
  );
}

function Waiting() {
  return (
    <Box sx={{ display: "flex", alignItems: "center", gap: 1.5 }}>
      <Spinner />
      <Typography sx={{ fontWeight: 600 }}>Continue in your browser</Typography>
    </Box>
  );
}

function Beside({ code, children }: { code: string; children: ReactNode }) {
  return (
    <Box sx={{ display: "flex", flexWrap: "wrap", gap: 2.5, alignItems: "center" }}>
      <LazyQrCode text={code} name="the login link" />
      <Box sx={{ flex: 1, minWidth: 220 }}>{children}</Box>
    </Box>
  );
}

function Link({ url }: { url: string }) {
  return (
    <div>
      <Typography color="text.secondary" gutterBottom>
        Browser didn't open? Use this link or scan the code.
      </Typography>
      <ExternalLink href={url}>{url}</ExternalLink>
      <CopyButton text={url} name="the login link" />
    </div>
  );
}

function WaitingForLink() {
  const late = useLate("the login link");
  if (late) {
    return (
      <Alert severity="warning" role="status">
        No login link yet. Check your internet connection, then get a new link.
      </Alert>
    );
  }
  return (
    <Box sx={{ display: "flex", alignItems: "center", gap: 1.5, minHeight: 40 }}>
      <Spinner />
      <Typography>Getting a login link…</Typography>
    </Box>
  );
}

import { Box, Button, Typography } from "@mui/material";
import type { Endpoint } from "@tailnet-share/contract/model";
import { sensitivePort } from "../model/ports.ts";
import { type Status, sentenceOf } from "../model/status.ts";
import { CopyButton } from "./copy-button.tsx";
import { ExternalLink } from "./external-link.tsx";
import { TWO_LINES } from "./layout.ts";
import { PortWarning } from "./port-warning.tsx";
import { QrButton } from "./qr-button.tsx";

/** Where the workload is reachable, or the sentence that says why it is not. */
export function Reach({ status, name, onMore }: { status: Status; name: string; onMore: () => void }) {
  const first = status.kind === "live" ? status.endpoints[0] : undefined;
  if (status.kind === "live" && first) {
    const more = status.endpoints.length - 1;
    const warning = status.endpoints.map(sensitivePort).find((words) => words !== null);
    return (
      <>
        <Box sx={{ display: "flex", alignItems: "center" }}>
          <EndpointAddress endpoint={first} name={name} />
          {more > 0 && (
            <Button
              size="small"
              onClick={onMore}
              aria-label={`+${more} more of ${name}`}
              title="Show every address"
              sx={{ minWidth: 0, whiteSpace: "nowrap" }}
            >
              +{more}
            </Button>
          )}
        </Box>
        {warning && <PortWarning words={warning} oneLine />}
      </>
    );
  }
  const sentence = sentenceOf(status);
  if (sentence === null) return null;
  return (
    <Typography
      variant="body2"
      color={status.kind === "failed" ? "text.primary" : "text.secondary"}
      title={sentence}
      sx={TWO_LINES}
    >
      {sentence}
    </Typography>
  );
}

/** An address with everything one does with it. Only what a browser can open is a link. */
export function EndpointAddress({ endpoint, name }: { endpoint: Endpoint; name: string }) {
  const { address, web } = endpoint;
  return (
    <Box sx={{ display: "flex", alignItems: "center", minWidth: 0 }}>
      <Typography variant="body2" component="div" title={address} sx={{ minWidth: 0, ...TWO_LINES }}>
        {web ? (
          <ExternalLink href={address} name={`Open ${name} at ${address}`}>
            {address}
          </ExternalLink>
        ) : (
          address
        )}
      </Typography>
      <Box sx={{ display: "flex", flex: "none", ml: 0.5 }}>
        <CopyButton text={address} name={`address of ${name}, port ${endpoint.nodePort}`} />
        <QrButton text={address} name={`${name}, port ${endpoint.nodePort}`} />
      </Box>
    </Box>
  );
}

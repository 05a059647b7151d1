import { Box, Button, Typography } from "@mui/material";
import type { MachineView } from "@tailnet-share/contract/machine";
import type { Endpoint } from "@tailnet-share/contract/share";
import type { ReactNode } from "react";
import { CopyButton } from "../../common/copy-button.tsx";
import { CompactExternalButton, ExternalLink } from "../../common/external-link.tsx";
import { TWO_LINES } from "../../common/styles.ts";
import { firstEndpoint, type Status, sentenceOf } from "../../model/status.ts";
import { hostsOf } from "../../model/tailnet.ts";
import { PortWarning } from "./port-warning.tsx";
import { QrButton } from "./qr-button.tsx";

interface ReachProps {
  readonly status: Status;
  readonly name: string;
  readonly magicDns: boolean;
  /** Risk of exposing its port; known before the port is shared. */
  readonly warning: string | null;
  readonly onMore: () => void;
}

/** Shows the workload's address, or a sentence that explains why there is none. The sentence takes the warning's place. */
export function Reach(props: ReachProps) {
  const { status, warning } = props;
  const sentence = sentenceOf(status);
  if (sentence !== null) return <Sentence {...props} sentence={sentence} />;
  return (
    <>
      {status.kind === "live" && <Live {...props} status={status} />}
      {warning && <PortWarning words={warning} oneLine />}
    </>
  );
}

type LiveProps = ReachProps & { readonly status: Extract<Status, { kind: "live" }> };

function Live({ status, name, magicDns, onMore }: LiveProps) {
  const first = firstEndpoint(status.endpoints, magicDns);
  if (!first)
    return status.machine && <MachineHosts machine={status.machine} name={name} magicDns={magicDns} />;
  const more = status.endpoints.length - 1;
  return (
    <Box sx={{ display: "flex", alignItems: "center" }}>
      <EndpointAddress endpoint={first} name={name} magicDns={magicDns} />
      {more > 0 && (
        <Button
          size="small"
          onClick={onMore}
          aria-label={`+${more} more of ${name}`}
          data-hint="Show every address"
          sx={{ minWidth: 0, whiteSpace: "nowrap" }}
        >
          +{more}
        </Button>
      )}
    </Box>
  );
}

function Sentence({ status, name, sentence }: ReachProps & { readonly sentence: string }) {
  return (
    <Box sx={{ display: "flex", alignItems: "center", gap: 1 }}>
      <Typography
        className="reach-text"
        color={status.kind === "failed" ? "text.primary" : "text.secondary"}
        data-whole={sentence}
        sx={{ minWidth: 0, ...TWO_LINES }}
      >
        {sentence}
      </Typography>
      {status.kind === "needs-approval" && status.url !== null && (
        <CompactExternalButton href={status.url} name={`Approve ${name}`}>
          Approve
        </CompactExternalButton>
      )}
    </Box>
  );
}

/** Shows a machine without known ports: its name, or its IP address when MagicDNS is off, is all there is to copy. */
function MachineHosts({
  machine,
  name,
  magicDns,
}: Pick<ReachProps, "name" | "magicDns"> & { machine: MachineView }) {
  return hostsOf(machine, magicDns).map((host, index, { length }) => (
    <Box key={host} sx={{ display: "flex", alignItems: "center", minWidth: 0 }}>
      <Typography className="reach-text" data-whole={host} sx={{ minWidth: 0, ...TWO_LINES }}>
        {host}
      </Typography>
      {index === length - 1 && <CopyButton text={host} name={`${host}, the machine of ${name}`} />}
    </Box>
  ));
}

interface EndpointAddressProps {
  readonly endpoint: Endpoint;
  readonly name: string;
  /** MagicDNS is on. When it is off, the second line shows the IP address. */
  readonly magicDns: boolean;
}

/** Shows an address with its actions. When MagicDNS is off, the name is plain text. */
export function EndpointAddress({ endpoint, name, magicDns }: EndpointAddressProps) {
  const { address, ipAddress, nodePort, web } = endpoint;
  const what = `${name}, port ${nodePort}`;
  if (magicDns || ipAddress === address) {
    return (
      <AddressLine text={address} open={web ? name : null}>
        <CopyButton text={address} name={`address of ${what}`} />
        <QrButton text={address} name={what} />
      </AddressLine>
    );
  }
  return (
    <Box sx={{ minWidth: 0 }}>
      <Typography color="text.secondary" data-whole={address} sx={{ minWidth: 0, ...TWO_LINES }}>
        {address}
      </Typography>
      <AddressLine text={ipAddress} open={web ? name : null}>
        <CopyButton text={ipAddress} name={`IP address of ${what}`} />
        <QrButton text={ipAddress} name={what} />
      </AddressLine>
    </Box>
  );
}

interface AddressLineProps {
  readonly text: string;
  /** The workload's name when a browser can open the address, otherwise null. Only such an address is a link. */
  readonly open: string | null;
  readonly children: ReactNode;
}

function AddressLine({ text, open, children }: AddressLineProps) {
  return (
    <Box sx={{ display: "flex", alignItems: "center", minWidth: 0 }}>
      <Typography className="reach-text" component="div" data-whole={text} sx={{ minWidth: 0, ...TWO_LINES }}>
        {open === null ? (
          text
        ) : (
          <ExternalLink href={text} name={`Open ${open} at ${text}`}>
            {text}
          </ExternalLink>
        )}
      </Typography>
      <Box sx={{ display: "flex", flex: "none", ml: 0.5 }}>{children}</Box>
    </Box>
  );
}
